"""Drift planted in a real PostgreSQL: all of it is found, nothing else, and its end is observed."""

from datetime import datetime, timedelta

import psycopg
import pytest

from governance import boundary
from governance.actions import drifting, granting, revoking
from governance.domain.actor import Actor
from governance.domain.drift import GrantKey, Kind
from governance.errors import Conflict, Refused
from governance.models import DriftFinding, GovernedSystem, Grant, PrincipalAlias, SodRule
from tests.builders.governance import a_member, a_system, a_user
from tests.databases import PlantDatabase, PlantRole

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]

PLANT = """
    CREATE SCHEMA mes;
    CREATE TABLE mes.badge (id int, person text, iban text);
    CREATE TABLE mes.count (id int);
    CREATE TABLE mes.owned (id int);
"""
Found = tuple[str, str, str, str]


def run(dsn: str, *commands: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for command in commands:
            connection.execute(command.encode())


class Plant:
    """A plant's database under governance: what was there at first is approved."""

    def __init__(self, dsn: str, roles: dict[str, str], by: Actor, at: datetime) -> None:
        self.dsn, self.roles, self.by, self.at = dsn, roles, by, at
        self.system: GovernedSystem = a_system(dsn=dsn)

    def look(self, at: datetime) -> drifting.Outcome:
        return drifting.detect(self.system, by=self.by, at=at)

    def ours(self) -> set[Found]:
        """Return the lasting findings about our roles; other tests make roles meanwhile."""
        rows = DriftFinding.objects.lasting().filter(
            system=self.system, principal__in=[*self.roles.values(), "PUBLIC"]
        )
        return set(rows.values_list("kind", "principal", "entitlement", "scope"))


@pytest.fixture
def plant(
    plant_database: PlantDatabase, plant_role: PlantRole, operator: Actor, at: datetime
) -> Plant:
    dsn = plant_database(PLANT)
    names = ("clerk", "deputy", "absent", "ended", "narrow", "builder", "payer", "left", "moved")
    roles = {name: plant_role(name) for name in names}
    roles |= {name: plant_role(name, "NOLOGIN") for name in ("inner", "outer", "vault")}
    run(
        dsn,
        *(f"GRANT SELECT ON mes.count TO {roles[name]}" for name in ("clerk", "ended", "moved")),
        f"GRANT SELECT ON mes.count TO {roles['left']}, {roles['vault']}",
        f"GRANT {roles['inner']} TO {roles['outer']}",
        f"GRANT SELECT ON mes.badge TO {roles['inner']}",
        f"GRANT INSERT ON mes.count TO {roles['payer']}",
        f"GRANT SELECT (person) ON mes.badge TO {roles['narrow']}",
    )
    plant = Plant(dsn, roles, operator, at)
    snapshot = plant.look(at - timedelta(days=2)).snapshot
    granting.adopt(
        snapshot,
        valid_to=at + timedelta(days=90),
        reason="as found",
        by=operator,
        at=at - timedelta(days=2),
    )
    plant.look(at - timedelta(days=1))
    assert plant.ours() == set()
    return plant


def seed_drift(plant: Plant) -> set[Found]:
    """Plant every kind that a PostgreSQL can show; return what must be found."""
    r, at = plant.roles, plant.at
    run(
        plant.dsn,
        # A person comes into a group of groups, and so to everything that it reaches.
        f"GRANT {r['outer']} TO {r['deputy']}",
        f"GRANT UPDATE (iban) ON mes.badge TO {r['clerk']}",
        f"GRANT SELECT ON mes.badge TO {r['narrow']}",
        f"ALTER TABLE mes.owned OWNER TO {r['builder']}",
        "GRANT DELETE ON mes.count TO PUBLIC",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA mes GRANT SELECT ON TABLES TO {r['clerk']}",
        "CREATE TABLE mes.later (id int)",
        f"GRANT UPDATE ON mes.count TO {r['payer']}",
        f"REVOKE SELECT ON mes.count FROM {r['moved']}",
        f"GRANT {r['vault']} TO {r['moved']}",
    )
    Grant.objects.create(
        system=plant.system,
        principal=r["absent"],
        entitlement="select",
        scope="mes.count",
        valid_from=at - timedelta(days=1),
        valid_to=at + timedelta(days=9),
        approved_by="user:1",
        reason="test",
    )
    ended = Grant.objects.get(system=plant.system, principal=r["ended"], scope="mes.count")
    granting.revoke(ended, by=plant.by, at=at, reason="moved on")
    seen = plant.system.observed.filter(can_login=True).values_list("principal", flat=True)
    known = set(seen) | set(r.values())
    PrincipalAlias.objects.bulk_create(
        PrincipalAlias(system=plant.system, principal=name, purpose="known")
        for name in known - {r["left"]}
    )
    PrincipalAlias.objects.create(
        system=plant.system, principal=r["left"], user=a_user(is_active=False)
    )
    SodRule.objects.create(
        slug="count-and-correct",
        reason="fraud",
        left_entitlement="insert",
        left_scope="mes.count",
        left_system=plant.system,
        right_entitlement="update",
        right_scope="mes.count",
        right_system=plant.system,
    )
    return {
        (Kind.UNAPPROVED, r["deputy"], "member", f"role:{r['outer']}"),
        (Kind.UNAPPROVED, r["clerk"], "update", "mes.badge.iban"),
        (Kind.SCOPE_WIDER, r["narrow"], "select", "mes.badge"),
        (Kind.UNAPPROVED, r["builder"], "owner", "mes.owned"),
        (Kind.UNAPPROVED, "PUBLIC", "delete", "mes.count"),
        (Kind.UNAPPROVED, r["clerk"], "select", "mes.later"),
        (Kind.UNAPPROVED, r["payer"], "update", "mes.count"),
        (Kind.SOD, r["payer"], "count-and-correct", plant.system.slug),
        (Kind.UNAPPROVED, r["moved"], "member", f"role:{r['vault']}"),
        (Kind.VIA_CHANGED, r["moved"], "select", "mes.count"),
        (Kind.MISSING, r["absent"], "select", "mes.count"),
        (Kind.EXPIRED_ALIVE, r["ended"], "select", "mes.count"),
        (Kind.ORPHAN, r["left"], "", ""),
    }


def test_all_that_was_planted_is_found_and_nothing_else(plant: Plant) -> None:
    expected = seed_drift(plant)
    plant.look(plant.at)
    assert plant.ours() == expected
    rows = DriftFinding.objects.filter(system=plant.system)
    identities = set(rows.values_list("identity", flat=True))
    again = plant.look(plant.at + timedelta(hours=1))
    assert plant.ours() == expected
    assert set(again.snapshot.system.drift.values_list("identity", flat=True)) >= identities
    ours = rows.filter(principal__in=plant.roles.values())
    assert not ours.exclude(recurrences=0).exists()
    assert not ours.filter(first_seen_at__gt=plant.at).exists()


def test_an_approved_plan_takes_it_away_and_the_next_look_proves_it(plant: Plant) -> None:
    expected = seed_drift(plant)
    plant.look(plant.at)
    access = DriftFinding.objects.lasting().filter(
        system=plant.system,
        principal__in=[*plant.roles.values(), "PUBLIC"],
        kind__in=["unapproved", "expired_alive", "scope_wider"],
    )
    with pytest.raises(Refused, match="successor"):
        revoking.draft(list(access), reason="drift", by=plant.by, at=plant.at)
    chosen = list(access.exclude(entitlement="owner"))
    plan = revoking.draft(chosen, reason="drift", by=plant.by, at=plant.at)
    assert 'REVOKE UPDATE ("iban") ON "mes"."badge" FROM' in plan.statements
    assert 'REVOKE DELETE ON "mes"."count" FROM PUBLIC;' in plan.statements
    with pytest.raises(Conflict):
        revoking.apply(plan, by=plant.by, at=plant.at)
    board = a_member("board_member").as_actor()
    with boundary.acting(board, at=plant.at):
        revoking.approve(plan, by=board, at=plant.at)
        with pytest.raises(Conflict):
            revoking.approve(plan, by=board, at=plant.at)
    revoking.apply(plan, by=plant.by, at=plant.at + timedelta(hours=1))
    gone = {(row.kind, row.principal, row.entitlement, row.scope) for row in chosen}
    left = {one for one in expected if one not in gone and one[0] != Kind.SOD}
    moved = plant.roles["moved"]
    left -= {(Kind.VIA_CHANGED, moved, "select", "mes.count")}
    left |= {(Kind.MISSING, moved, "select", "mes.count")}
    # What PostgreSQL takes on a table it takes on its columns: the approved ones are given back.
    narrow = plant.roles["narrow"]
    assert f'GRANT SELECT ("person") ON "mes"."badge" TO "{narrow}";' in plan.statements
    assert plant.ours() == left
    states = set(DriftFinding.objects.filter(plan=plan).values_list("state", flat=True))
    assert states == {"closed"}


def test_nobody_approves_a_plan_of_their_own(plant: Plant) -> None:
    seed_drift(plant)
    plant.look(plant.at)
    board = a_member("board_member").as_actor()
    finding = DriftFinding.objects.get(principal=plant.roles["clerk"], entitlement="update")
    with boundary.acting(board, at=plant.at):
        plan = revoking.draft([finding], reason="drift", by=board, at=plant.at)
        with pytest.raises(revoking.OwnPlan):
            revoking.approve(plan, by=board, at=plant.at)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (("a", "superuser", "cluster"), 'ALTER ROLE "a" NOSUPERUSER;'),
        (("a", "member", "role:x y"), 'REVOKE "x y" FROM "a";'),
        (("a", "admin", "role:x"), 'REVOKE ADMIN OPTION FOR "x" FROM "a";'),
        (('"PUBLIC"', "connect", "database:d"), 'REVOKE CONNECT ON DATABASE "d" FROM "PUBLIC";'),
        (('x"; DROP', "usage", "schema:s"), 'REVOKE USAGE ON SCHEMA "s" FROM "x""; DROP";'),
        (("a", "select", 's."T.1"'), 'REVOKE SELECT ON "s"."T.1" FROM "a";'),
    ],
)
def test_names_are_quoted_in_the_plan(key: tuple[str, str, str], text: str) -> None:
    assert revoking.statements.statement(GrantKey(*key)) == text


@pytest.mark.parametrize(
    "text",
    [
        'GRANT SELECT ("c") ON "s"."t" TO "b";',
        'GRANT SELECT ("c") ON "s"."u" TO "a";',
        'GRANT UPDATE ("c") ON "s"."t" TO "a";',
        'GRANT SELECT ON "s"."t" TO "a";',
        "DROP ROLE a;",
    ],
)
def test_nothing_is_given_but_on_columns_of_what_is_taken(text: str) -> None:
    taken = 'REVOKE SELECT ON "s"."t" FROM "a";'
    with pytest.raises(ValueError, match="only takes"):
        revoking.statements.apply("postgresql://nowhere", [taken, "-- a note", text])


@pytest.mark.parametrize(
    "key",
    [("a", "owner", "s.t"), ("a", "select; x", "s.t"), ("a", "x", "s"), ("a\n", "select", "s.t")],
)
def test_what_no_statement_takes_away_is_refused(key: tuple[str, str, str]) -> None:
    with pytest.raises(ValueError):
        revoking.statements.statement(GrantKey(*key))
