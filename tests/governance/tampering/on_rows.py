"""Attacks on governed rows, on what watches them, and on erasure."""

from governance.domain.integrity import Rule
from tests.governance.tampering.attacker import Attacker, Expected
from tests.governance.tampering.kinds import kind

USER = "governance_user"
INDEPENDENT = "email LIKE 'bulk%'"


def _found(user: object) -> Expected:
    return Expected(Rule.ROW, says=f"governance.user:{user}")


@kind
def row_changed(a: Attacker) -> Expected:
    a.switch_off(USER)
    user = a.a_row()
    a.sql(
        "UPDATE governance_user SET created_at = created_at + interval '1 day' WHERE id = %s", user
    )
    return _found(user)


@kind
def secret_of_a_row_changed(a: Attacker) -> Expected:
    a.switch_off(USER)
    user = a.a_row()
    a.sql("UPDATE governance_user SET password = 'known to me' WHERE id = %s", user)
    return _found(user)


@kind
def row_inserted(a: Attacker) -> Expected:
    a.switch_off(USER)
    columns = ", ".join(
        name for (name,) in a.sql(
            "SELECT quote_ident(attname) FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped"
            " AND attrelid = 'governance_user'::regclass AND attname NOT IN ('id', 'email')"
        ).fetchall()
    )  # fmt: skip
    user = a.one(
        f"INSERT INTO governance_user (id, email, {columns}) SELECT gen_random_uuid(),"
        f" 'ghost@example.org', {columns} FROM governance_user WHERE id = %s RETURNING id",
        a.a_row(where=INDEPENDENT),
    )
    return _found(user)


@kind
def row_deleted(a: Attacker) -> Expected:
    a.switch_off(USER)
    user = a.a_row(where=INDEPENDENT)
    a.sql("DELETE FROM governance_user WHERE id = %s", user)
    return _found(user)


@kind
def row_deleted_and_put_back_otherwise(a: Attacker) -> Expected:
    """Each step alone is recorded; what was changed between them is not."""
    user = a.a_row(where=INDEPENDENT)
    a.switch_off(USER)
    a.sql("UPDATE governance_user SET name = 'Ghost' WHERE id = %s", user)
    a.switch_on(USER, "audit_event")
    a.sql("DELETE FROM governance_user WHERE id = %s", user)
    return _found(user)


@kind
def row_key_changed(a: Attacker) -> Expected:
    a.switch_off(USER)
    user = a.a_row(where=INDEPENDENT)
    a.sql("UPDATE governance_user SET id = gen_random_uuid() WHERE id = %s", user)
    return _found(user)


@kind
def row_changed_and_covered_by_a_recorded_change(a: Attacker) -> Expected:
    a.switch_off(USER)
    user = a.a_row()
    a.sql(
        "UPDATE governance_user SET created_at = created_at + interval '1 day' WHERE id = %s", user
    )
    a.switch_on(USER, "audit_event")
    a.sql("UPDATE governance_user SET name = name || '!' WHERE id = %s", user)
    return _found(user)


@kind
def row_changed_and_stated_anew(a: Attacker) -> Expected:
    """A baseline is for rows that a release reshaped, not for those that somebody changed."""
    a.switch_off(USER)
    user = a.a_row()
    a.sql(
        "UPDATE governance_user SET created_at = created_at + interval '1 day' WHERE id = %s", user
    )
    a.switch_on(USER, "audit_event")
    a.sql("SELECT audit_baseline('governance_user')")
    return _found(user)


@kind
def membership_slipped_in(a: Attacker) -> Expected:
    table = "governance_membership"
    a.switch_off(table)
    row = a.a_row(table)
    a.sql(
        "UPDATE governance_membership SET role_id = (SELECT id FROM governance_role"
        " WHERE id <> role_id ORDER BY id LIMIT 1), valid_to = NULL WHERE id = %s", row,
    )  # fmt: skip
    return Expected(Rule.ROW, says=f"governance.membership:{row}")


@kind
def waiting_entry_of_a_row_deleted(a: Attacker) -> Expected:
    event_id, name = a.dice.choice(
        a.sql(
            "SELECT id, object FROM audit_event e WHERE act LIKE 'row:%'"
            " AND NOT EXISTS (SELECT FROM audit_leaf l WHERE l.event_id = e.id)"
            " AND NOT EXISTS (SELECT FROM audit_event f WHERE f.object = e.object"
            " AND f.act LIKE 'row:%delete' AND f.id > e.id) ORDER BY id"
        ).fetchall()
    )
    a.sql("DELETE FROM audit_event WHERE id = %s", event_id)
    return Expected(Rule.ROW, says=name)


@kind
def rows_truncated(a: Attacker) -> Expected:
    a.switch_off("governance_membership")
    a.sql("TRUNCATE governance_membership CASCADE")
    return Expected(Rule.ROW, says="the row is gone without an entry")


# -- what watches


def _watched(a: Attacker) -> tuple[str, str]:
    rows = a.sql(
        "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname LIKE 'audit\\_%'"
        " ORDER BY 1, 2"
    ).fetchall()
    table, name = a.dice.choice(rows)
    return str(table), str(name)


@kind
def trigger_disabled(a: Attacker) -> Expected:
    table, name = _watched(a)
    a.leave()
    a.off.clear()
    a.sql(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
    return Expected(Rule.ROW, says=f"trigger {name} on {table} is not always on")


@kind
def trigger_left_to_replicas(a: Attacker) -> Expected:
    table, name = _watched(a)
    a.leave()
    a.off.clear()
    a.sql(f"ALTER TABLE {table} ENABLE TRIGGER {name}")
    return Expected(Rule.ROW, says=f"trigger {name} on {table} is not always on")


@kind
def trigger_dropped(a: Attacker) -> Expected:
    table, name = _watched(a)
    a.sql(f"DROP TRIGGER {name} ON {table}")
    return Expected(Rule.ROW, says=f"trigger {name} is missing on {table}")


@kind
def trigger_replaced_under_its_mark(a: Attacker) -> Expected:
    mark = a.one(
        "SELECT obj_description(oid, 'pg_trigger') FROM pg_trigger"
        " WHERE tgname = 'audit_row_update' AND tgrelid = 'governance_user'::regclass"
    )
    text = a.one(
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger"
        " WHERE tgname = 'audit_row_update' AND tgrelid = 'governance_user'::regclass"
    )
    never = text.replace("FOR EACH ROW", "FOR EACH ROW WHEN (false)")
    assert never != text
    a.sql(never.replace("CREATE TRIGGER", "CREATE OR REPLACE TRIGGER").replace("%", "%%"))
    a.sql("ALTER TABLE governance_user ENABLE ALWAYS TRIGGER audit_row_update")
    a.sql(f"COMMENT ON TRIGGER audit_row_update ON governance_user IS '{mark}'")
    return Expected(Rule.ROW, says="trigger audit_row_update on governance_user is another")


@kind
def trigger_that_swallows_events(a: Attacker) -> Expected:
    a.sql("CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS"
          " $$ BEGIN RETURN NULL; END $$")  # fmt: skip
    table = a.dice.choice(["audit_event", "audit_leaf", "governance_decisionlog"])
    a.sql(f"CREATE TRIGGER aaa BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION swallow()")
    return Expected(Rule.ROW, says=f"trigger aaa on {table} is none")


@kind
def rule_that_swallows_events(a: Attacker) -> Expected:
    table = a.dice.choice(["audit_event", "governance_user", "governance_membership"])
    a.sql(f"CREATE RULE quiet AS ON UPDATE TO {table} DO INSTEAD NOTHING")
    return Expected(Rule.ROW, says=f"rule quiet on {table} is none")


@kind
def policy_that_hides_rows(a: Attacker) -> Expected:
    table = a.dice.choice(["audit_event", "audit_leaf", "governance_user"])
    a.sql(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    return Expected(Rule.ROW, says=f"row-level security on {table} is none")


@kind
def function_replaced(a: Attacker) -> Expected:
    name = a.dice.choice(
        ["audit_row_governance_user", "audit_seal", "audit_guard", "audit_no_truncate"]
    )
    a.sql(f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
          " $$ BEGIN RETURN new; END $$")  # fmt: skip
    return Expected(Rule.ROW, says=f"function {name} is another")


@kind
def function_led_elsewhere(a: Attacker) -> Expected:
    """The same text, but the names in it mean something else."""
    name = a.dice.choice(["audit_row_governance_user", "audit_seal", "audit_guard"])
    a.sql(f"ALTER FUNCTION {name}() SET search_path = evil, pg_catalog, public")
    return Expected(Rule.ROW, says=f"function {name} is another")


@kind
def function_run_as_the_caller(a: Attacker) -> Expected:
    a.sql("ALTER FUNCTION audit_row_governance_user() SECURITY INVOKER")
    return Expected(Rule.ROW, says="function audit_row_governance_user is another")


@kind
def function_overloaded(a: Attacker) -> Expected:
    a.sql("CREATE FUNCTION audit_digest(r json) RETURNS text LANGUAGE sql AS $$ SELECT '' $$")
    return Expected(Rule.ROW, says="function audit_digest is another")


# -- erasure


@kind
def body_blanked(a: Attacker) -> Expected:
    seq = a.full()
    a.edit(seq, body=None, salt=None)
    return Expected(Rule.LEAF, seq)


@kind
def body_blanked_with_a_forged_erasure(a: Attacker) -> Expected:
    """The table says so; no entry of the log does."""
    seq = a.full()
    a.edit(seq, body=None, salt=None)
    a.sql(
        "INSERT INTO audit_erasure (event_id, at, actor, legal_ground)"
        " VALUES (%s, now(), 'user:ghost', 'I wanted to')", a.event(seq)["id"],
    )  # fmt: skip
    return Expected(Rule.LEAF, seq)


def _erased(a: Attacker) -> int:
    seqs = a.sql(
        "SELECT seq FROM audit_leaf JOIN audit_event e ON e.id = event_id WHERE body IS NULL"
        " ORDER BY 1"
    ).fetchall()
    return int(a.dice.choice(seqs)[0])


@kind
def erasure_removed(a: Attacker) -> Expected:
    seq = _erased(a)
    a.sql("DELETE FROM audit_erasure WHERE event_id = %s", a.event(seq)["id"])
    return Expected(Rule.LEAF, seq)


@kind
def ground_of_an_erasure_changed(a: Attacker) -> Expected:
    seq = _erased(a)
    a.sql(
        "UPDATE audit_erasure SET legal_ground = 'something better' WHERE event_id = %s",
        a.event(seq)["id"],
    )
    return Expected(Rule.LEAF, seq)


@kind
def erased_body_written_anew(a: Attacker) -> Expected:
    seq = _erased(a)
    a.edit(seq, body='{"digest": "as I like it"}', salt=a.dice.randbytes(32))
    return Expected(Rule.LEAF, seq)
