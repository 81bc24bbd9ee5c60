"""The drift connector against roles and grants that were really made."""

import psycopg
import pytest
from psycopg import conninfo

from governance.connectors.errors import ConnectorFailed
from governance.connectors.postgresql import observe
from governance.domain.drift import GrantKey, Observation, ObservedGrant, source_hash
from tests.databases import PlantDatabase, PlantRole

pytestmark = pytest.mark.system_services

PLANT = """
    CREATE SCHEMA mes;
    CREATE TABLE mes.operator (id int, full_name text, iban text);
    CREATE TABLE mes.reading (line int, value numeric);
    CREATE TABLE mes.untouched (x int);
    CREATE VIEW mes.roster AS SELECT full_name FROM mes.operator;
    CREATE SEQUENCE mes.batch;
"""


def _run(dsn: str, *commands: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for command in commands:
            connection.execute(command.encode())


def _row(seen: Observation, principal: str, entitlement: str, scope: str) -> ObservedGrant | None:
    key = GrantKey(principal, entitlement, scope)
    return next((row for row in seen.rows if row.key == key), None)


def _found(seen: Observation, principal: str, entitlement: str, scope: str) -> ObservedGrant:
    row = _row(seen, principal, entitlement, scope)
    assert row is not None
    return row


def _of(seen: Observation, principal: str) -> list[ObservedGrant]:
    return [row for row in seen.rows if row.principal == principal]


@pytest.fixture
def plant(plant_database: PlantDatabase) -> str:
    return plant_database(PLANT)


def test_direct_grants_on_each_sort_of_object(plant: str, plant_role: PlantRole) -> None:
    role = plant_role("maria")
    name = conninfo.conninfo_to_dict(plant)["dbname"]
    _run(
        plant,
        f"GRANT SELECT, UPDATE ON mes.operator TO {role}",
        f"GRANT SELECT (full_name) ON mes.roster TO {role}",
        f"GRANT USAGE ON SCHEMA mes TO {role}",
        f"GRANT CREATE ON DATABASE {name} TO {role}",
        f"GRANT USAGE ON SEQUENCE mes.batch TO {role}",
    )
    seen = observe(plant)
    own = {
        (row.entitlement, row.scope)
        for row in seen.rows
        if (row.principal, row.via) == (role, "direct")
    }
    assert own == {
        ("select", "mes.operator"),
        ("update", "mes.operator"),
        ("select", "mes.roster.full_name"),
        ("usage", "schema:mes"),
        ("create", f"database:{name}"),
        ("usage", "mes.batch"),
    }
    assert not any(
        row.is_implied for row in seen.rows if row.via == "direct" and row.principal == role
    )


def test_names_are_quoted_as_in_the_catalogue(plant: str, plant_role: PlantRole) -> None:
    role = plant_role("maria")
    _run(plant, 'CREATE TABLE mes."Addr.Loc" (x int)', f'GRANT SELECT ON mes."Addr.Loc" TO {role}')
    assert _row(observe(plant), role, "select", 'mes."Addr.Loc"')


def test_an_owner_is_one_row_and_the_rest_is_implied_even_with_no_acl(
    plant: str, plant_role: PlantRole
) -> None:
    role = plant_role("builder")
    _run(plant, f"ALTER TABLE mes.untouched OWNER TO {role}")
    seen = observe(plant)
    rows = [row for row in seen.rows if (row.principal, row.scope) == (role, "mes.untouched")]
    assert {row.via for row in rows} == {"owner"}
    assert [row.entitlement for row in rows if not row.is_implied] == ["owner"]
    assert {"select", "insert", "truncate"} < {row.entitlement for row in rows}


def test_what_everybody_has_by_default_is_seen(plant: str, plant_role: PlantRole) -> None:
    role = plant_role("anyone")
    name = conninfo.conninfo_to_dict(plant)["dbname"]
    seen = observe(plant)
    public = _found(seen, "PUBLIC", "connect", f"database:{name}")
    assert (public.via, public.is_implied) == ("public", False)
    mine = _found(seen, role, "connect", f"database:{name}")
    assert (mine.via, mine.is_implied) == ("public", True)


def test_memberships_reach_through_groups(plant: str, plant_role: PlantRole) -> None:
    inner, outer = plant_role("inner", "NOLOGIN"), plant_role("outer", "NOLOGIN")
    role = plant_role("maria")
    _run(
        plant,
        f"GRANT SELECT ON mes.operator TO {inner}",
        f"GRANT {inner} TO {outer}",
        f"GRANT {outer} TO {role} WITH ADMIN OPTION",
    )
    seen = observe(plant)
    select = _found(seen, role, "select", "mes.operator")
    assert (select.via, select.is_implied) == (f"member of {outer} > {inner}", True)
    assert not _found(seen, inner, "select", "mes.operator").can_login
    member = _found(seen, role, "member", f"role:{outer}")
    assert (member.via, member.is_implied) == ("direct", False)
    through = _found(seen, role, "member", f"role:{inner}")
    assert (through.via, through.is_implied) == (f"member of {outer}", True)
    assert _found(seen, role, "admin", f"role:{outer}").is_privileged


def test_a_long_chain_is_told_by_its_ends(plant: str, plant_role: PlantRole) -> None:
    chain = [plant_role(name, "NOLOGIN") for name in ("one", "two", "three", "four", "five")]
    role = plant_role("far")
    steps = zip([role, *chain], chain, strict=False)
    grants = [f"GRANT {above} TO {below}" for below, above in steps]
    _run(plant, f"GRANT SELECT ON mes.operator TO {chain[-1]}", *grants)
    select = _found(observe(plant), role, "select", "mes.operator")
    assert select.via == f"member of {chain[0]} > {chain[1]} > ... > {chain[-1]}"


def test_a_member_that_does_not_inherit_has_to_switch(plant: str, plant_role: PlantRole) -> None:
    group, role = plant_role("group", "NOLOGIN"), plant_role("lee", "LOGIN NOINHERIT")
    _run(plant, f"GRANT SELECT ON mes.operator TO {group}", f"GRANT {group} TO {role}")
    assert _found(observe(plant), role, "select", "mes.operator").via == f"set role {group}"


def test_since_16_each_membership_says_whether_it_inherits_and_may_switch(
    plant: str, plant_role: PlantRole
) -> None:
    with psycopg.connect(plant) as connection:
        if connection.info.server_version < 160000:
            pytest.skip("PostgreSQL 16 or later is missing: memberships without options")
    group, role = plant_role("group", "NOLOGIN"), plant_role("lee")
    _run(
        plant,
        f"GRANT SELECT ON mes.operator TO {group}",
        f"GRANT {group} TO {role} WITH INHERIT FALSE, SET FALSE, ADMIN TRUE",
    )
    seen = observe(plant)
    assert _row(seen, role, "select", "mes.operator") is None
    assert _row(seen, role, "admin", f"role:{group}")


def test_predefined_roles_are_no_principals_but_belonging_to_them_counts(
    plant: str, plant_role: PlantRole
) -> None:
    role = plant_role("snoop")
    _run(plant, f"GRANT pg_read_all_data TO {role}")
    seen = observe(plant)
    member = _found(seen, role, "member", "role:pg_read_all_data")
    assert member.is_privileged
    assert not member.is_implied
    assert _found(seen, role, "select", "mes.untouched").via == "member of pg_read_all_data"
    assert not [row for row in seen.rows if row.principal.startswith("pg_")]


def test_attributes_of_roles_are_privileged(plant: str, plant_role: PlantRole) -> None:
    root, maker = plant_role("root", "LOGIN SUPERUSER"), plant_role("maker", "CREATEROLE BYPASSRLS")
    seen = observe(plant)
    assert _found(seen, root, "superuser", "cluster").is_privileged
    assert _found(seen, maker, "bypassrls", "cluster").is_privileged
    assert not _found(seen, maker, "createrole", "cluster").is_implied
    plain = [row for row in seen.rows if row.principal == maker and row.scope != "cluster"]
    assert not any(row.is_privileged for row in plain)


def test_a_role_without_privileges_observes_the_same(plant: str, plant_role: PlantRole) -> None:
    role, group = plant_role("observer"), plant_role("group", "NOLOGIN")
    _run(plant, f"GRANT pg_read_all_data TO {group}", f"GRANT {group} TO {role}")
    weak = observe(conninfo.make_conninfo(plant, options=f"-c role={role}"))
    strong = observe(plant)
    # Other tests make and drop roles of the same server meanwhile.
    for principal in (role, group, "PUBLIC"):
        assert _of(weak, principal) == _of(strong, principal) != []
    assert weak.complete


def test_the_hash_changes_with_a_grant_and_returns_with_its_end(
    plant: str, plant_role: PlantRole
) -> None:
    role = plant_role("maria")
    before = source_hash(_of(observe(plant), role))
    _run(plant, f"GRANT SELECT ON mes.reading TO {role}")
    assert source_hash(_of(observe(plant), role)) != before
    _run(plant, f"REVOKE SELECT ON mes.reading FROM {role}")
    again = observe(plant)
    assert source_hash(_of(again, role)) == before
    assert again.source_hash == source_hash(again.rows)


def test_the_server_itself_agrees_on_every_table_role_and_privilege(
    plant: str, plant_role: PlantRole
) -> None:
    groups = [plant_role(f"g{n}", "NOLOGIN") for n in range(3)]
    people = [
        plant_role("p0"),
        plant_role("p1", "LOGIN NOINHERIT"),
        plant_role("p2"),
        plant_role("p3"),
    ]
    _run(
        plant,
        f"GRANT SELECT ON mes.operator TO {groups[0]}",
        f"GRANT INSERT, DELETE ON mes.reading TO {groups[1]}",
        f"GRANT {groups[0]} TO {groups[1]}",
        f"GRANT {groups[1]} TO {people[0]}, {people[1]}",
        f"GRANT pg_write_all_data TO {people[2]}",
        f"ALTER TABLE mes.untouched OWNER TO {groups[2]}",
        f"GRANT {groups[2]} TO {people[3]}",
        "GRANT SELECT ON mes.reading TO PUBLIC",
        f"REVOKE ALL ON mes.untouched FROM {groups[2]}",
    )
    seen = {row.key for row in observe(plant).rows if not row.via.startswith("set role")}
    compared = 0
    with psycopg.connect(plant) as connection:
        for role in (*people, *groups):
            for table in ("operator", "reading", "untouched", "roster"):
                for privilege in ("select", "insert", "update", "delete", "truncate"):
                    said = connection.execute(
                        "SELECT has_table_privilege(%s, %s, %s)", [role, f"mes.{table}", privilege]
                    ).fetchone()
                    # Rows of PUBLIC are spelled out for those who can log in.
                    names = (role,) if role in people else (role, "PUBLIC")
                    ours = any(GrantKey(name, privilege, f"mes.{table}") in seen for name in names)
                    assert said == (ours,), (role, table, privilege)
                    compared += ours
    assert compared >= 20


def test_an_unreachable_system_is_one_clear_line(bootstrap_dsn: str) -> None:
    with pytest.raises(ConnectorFailed) as caught:
        observe(conninfo.make_conninfo(bootstrap_dsn, dbname="no_such_mes"))
    assert caught.value.code == "no_database"
