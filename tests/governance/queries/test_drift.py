"""The join against an oracle that knows no SQL, in many small worlds."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random

import pytest
from django.db import connection, transaction

from governance.domain.drift import GrantKey, Kind, ObservedGrant, finding_id
from governance.models import (
    AccessRequest,
    GovernedSystem,
    Grant,
    PrincipalAlias,
    SodRule,
    User,
)
from governance.models import ObservedGrant as Row
from governance.queries import drift
from governance.queries.drift import Look
from tests.builders.governance import NOW, a_site, a_system, a_user
from tests.governance.queries import drift_oracle
from tests.governance.queries.drift_oracle import (
    Alias,
    Approval,
    Found,
    Refusal,
    Rule,
    Seen,
    World,
)

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]

SYSTEMS = ("erp", "mes")
PRINCIPALS = ("ana", "ben", "l'Œuf \\N", "PUBLIC")
SCOPES = ("mes.badge", "mes.badge.name", "schema:mes", 'mes."A.b"', 'mes."A.b"."c""d"', "cluster")
ENTITLEMENTS = ("select", "usage", "superuser")
HOUR = timedelta(hours=1)
WORLDS, MANY_WORLDS = 50, 5_000


def a_world(random: Random) -> World:
    def one(values: tuple[str, ...]) -> str:
        return random.choice(values)

    # Few keys, so that what is approved, seen, used and refused often meets.
    pool = [(one(SYSTEMS), one(PRINCIPALS), one(ENTITLEMENTS), one(SCOPES)) for _ in range(5)]
    wide, narrow = random.choice(
        [("schema:mes", "mes.badge"), ("mes.badge", "mes.badge.name"), ("cluster", 'mes."A.b"')]
    )
    pool[:2] = [(*pool[0][:3], wide), (*pool[0][:3], narrow)]
    pool += [("mes" if pool[0][0] == "erp" else "erp", *pool[0][1:])]

    def key() -> tuple[str, str, str, str]:
        return random.choice(pool)

    def when(low: int, high: int) -> datetime:
        return NOW + random.randint(low, high) * HOUR

    approvals = {}
    for _ in range(random.randint(0, 9)):
        start = when(-6, 2)
        revoked = start + random.randint(0, 6) * HOUR if random.random() < 0.2 else None
        which = key()
        end = start + random.randint(1, 8) * HOUR
        suspended = start + HOUR if random.random() < 0.1 else None
        # Of two equal grants the second begins when the first is over.
        if not any(
            key_[:4] == which and a.start < end and start < a.end for key_, a in approvals.items()
        ):
            approvals[(*which, start)] = Approval(*which, start, end, revoked, suspended)
    seen = {}
    for _ in range(random.randint(0, 9)):
        system, *which = key()
        used = random.choice([None, NOW - timedelta(days=91), NOW - timedelta(days=90), NOW])
        row = ObservedGrant(
            *which,
            via=random.choice(["direct", "member of x"]),
            is_privileged=random.random() < 0.3,
            can_login=random.random() < 0.7,
            is_implied=random.random() < 0.3,
            has_mfa=random.choice([None, True, False]),
            granted_at=random.choice([None, NOW - timedelta(days=100)]),
            last_used=used,
            usage_known=random.random() < 0.5,
        )
        seen[(system, *which)] = Seen(system, row, random.choice(["direct", row.via]))
    aliases = {}
    for _ in range(random.randint(0, 4)):
        system, principal = one(SYSTEMS), one(PRINCIPALS)
        person = random.choice([None, "here", "left"])
        aliases[system, principal] = Alias(
            system, principal, person, person == "left", random.random() < 0.5
        )

    def side() -> tuple[str | None, str, str]:
        system, _, entitlement, scope = key()
        return random.choice([None, system]), entitlement, random.choice(["", scope])

    rules = []
    for number in range(random.randint(0, 3)):
        left, right = side(), side()
        if left[1:] != right[1:]:
            rules.append(Rule(f"rule-{number}", left, right))
    refusals = tuple(
        Refusal(*random.choice(pool[-1:] + pool), when(-6, 2)) for _ in range(random.randint(0, 4))
    )
    untrusted = frozenset(name for name in SYSTEMS if random.random() < 0.2)
    return World(
        tuple(without_overlap(approvals.values())),
        tuple(seen.values()),
        tuple(aliases.values()),
        tuple(rules),
        refusals,
        untrusted,
    )


def without_overlap(approvals: Iterable[Approval]) -> Iterator[Approval]:
    """Leave out what the database refuses: two at once for the same key, neither revoked."""
    standing: dict[tuple[str, ...], list[Approval]] = defaultdict(list)
    for one in approvals:
        same = standing[one.system, one.principal, one.entitlement, one.scope]
        if one.revoked is None:
            if any(one.start < other.end and other.start < one.end for other in same):
                continue
            same.append(one)
        yield one


class Stage:
    """Two systems and two people, in which worlds are laid and forgotten."""

    def __init__(self) -> None:
        site = a_site()
        self.systems: dict[str, GovernedSystem] = {
            name: a_system(slug=name, site=site) for name in SYSTEMS
        }
        self.people: dict[str, User] = {"here": a_user(), "left": a_user(is_active=False)}

    @contextmanager
    def laid(self, world: World) -> Iterator[None]:
        """Hold ``world`` in the database for the length of the block."""
        with transaction.atomic():
            self._lay(world)
            yield
            transaction.set_rollback(True)

    def _lay(self, world: World) -> None:
        Grant.objects.bulk_create(
            Grant(
                system=self.systems[a.system],
                principal=a.principal,
                entitlement=a.entitlement,
                scope=a.scope,
                valid_from=a.start,
                valid_to=a.end,
                revoked_at=a.revoked,
                revoked_by="user:1" if a.revoked else "",
                suspended_at=a.suspended,
                suspended_by="user:1" if a.suspended else "",
                approved_by="user:1",
                reason="test",
            )
            for a in world.approvals
        )
        names = ("principal", "entitlement", "scope", "via", "is_privileged", "is_implied")
        names += ("can_login", "has_mfa", "granted_at", "last_used", "usage_known")
        Row.objects.bulk_create(
            Row(
                system=self.systems[s.system],
                first_via=s.first_via,
                **{name: getattr(s.row, name) for name in names},
            )
            for s in world.seen
        )
        PrincipalAlias.objects.bulk_create(
            PrincipalAlias(
                system=self.systems[a.system],
                principal=a.principal,
                user=self.people[a.person] if a.person else None,
                purpose="test",
                is_seldom_used=a.is_seldom,
            )
            for a in world.aliases
        )
        SodRule.objects.bulk_create(self._rule(rule) for rule in world.rules)
        AccessRequest.objects.bulk_create(
            AccessRequest(
                system=self.systems[no.system],
                requester=self.people["here"],
                principal=no.principal,
                entitlement=no.entitlement,
                scope=no.scope,
                purpose="test",
                submitted_at=no.at - HOUR,
                due_at=no.at,
                state="denied",
                decided_at=no.at,
                decided_by="user:1",
            )
            for no in world.refusals
        )

    def _rule(self, rule: Rule) -> SodRule:
        sides = {}
        for name, (system, entitlement, scope) in {"left": rule.left, "right": rule.right}.items():
            sides[f"{name}_system"] = self.systems[system] if system else None
            sides[f"{name}_entitlement"] = entitlement
            sides[f"{name}_scope"] = scope
        return SodRule(slug=rule.slug, reason="test", **sides)

    def found(self, world: World, *, only: str | None = None) -> list[Found]:
        """Return what the join finds."""
        looks = [
            Look(row.pk, NOW, name not in world.untrusted)
            for name, row in self.systems.items()
            if only in (None, name)
        ]
        drift.classify(looks, at=NOW)
        return self._rows()

    def _rows(self) -> list[Found]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT f.kind, slug, principal, entitlement, scope FROM drift_found f"
                " JOIN governance_governedsystem s ON s.id = f.system_id"
            )
            return cursor.fetchall()

    def touched(self, world: World, keys: list[tuple[str, str, str, str]]) -> list[Found]:
        """Return what the join finds of ``keys`` alone."""
        looks = [
            Look(row.pk, NOW, name not in world.untrusted) for name, row in self.systems.items()
        ]
        drift.touch([(self.systems[system].pk, *rest) for system, *rest in keys])
        drift.classify_touched(looks, at=NOW)
        return self._rows()


KEY_KINDS = {"unapproved", "missing", "expired_alive", "unused", "scope_wider", "via_changed"}


@pytest.mark.parametrize(
    "worlds", [range(WORLDS), pytest.param(range(WORLDS, MANY_WORLDS), marks=pytest.mark.soak)]
)
def test_the_join_agrees_with_the_oracle_and_alone_with_the_whole(worlds: range) -> None:
    stage = Stage()
    kinds: dict[str, int] = {}
    for seed in worlds:
        random = Random(seed)
        world = a_world(random)
        expected = drift_oracle.compare(world, NOW)
        with stage.laid(world):
            found = stage.found(world)
            assert sorted(found) == sorted(expected), seed
            if seed % 5 == 0:
                alone = {row for row in stage.found(world, only="mes") if row[0] != "sod"}
                assert alone == {row for row in expected if row[1] == "mes" and row[0] != "sod"}
                keys = [
                    row[1:] for row in expected if row[0] in KEY_KINDS and random.random() < 0.5
                ]
                keys.append(("mes", "nobody", "select", "mes.badge"))
                some = {row for row in expected if row[0] in KEY_KINDS and row[1:] in keys}
                assert set(stage.touched(world, keys)) == some, seed
        for row in expected:
            kinds[row[0]] = kinds.get(row[0], 0) + 1
    assert set(kinds) == set(Kind) - {Kind.UNGOVERNED, Kind.CONNECTOR_FAULT, Kind.REPORTED}
    assert min(kinds.values()) >= 3, kinds


def test_the_database_and_the_code_name_a_finding_alike() -> None:
    key = GrantKey("l'Œuf", "select", 'mes."A.b"')
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT encode(sha256(convert_to(length(k) || ':' || k || length(s) || ':' || s"
            " || length(p) || ':' || p || length(e) || ':' || e || length(o) || ':' || o,"
            " 'UTF8')), 'hex') FROM (VALUES ('sod', 'mes', %s, %s, %s)) v (k, s, p, e, o)",
            [key.principal, key.entitlement, key.scope],
        )
        assert cursor.fetchone() == (finding_id(Kind.SOD, "mes", key),)
