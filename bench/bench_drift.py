"""What it costs to compare approved grants with observed ones, beside the bare join of both."""

import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

import django

django.setup()

from django.db import connection, connections, transaction

from bench.figures import Sheet
from governance import boundary
from governance.domain import actor as actors
from governance.models import GovernedSystem
from governance.queries import drift
from governance.queries.drift import Look
from tests.builders.governance import a_site, a_system

SIZE = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
SYSTEMS = 50
ROUNDS = 5
NOW = datetime(2040, 11, 17, 9, 45, tzinfo=UTC)

_KEY = """g.id AS system_id, 'role_' || i / 20 AS principal,
       (ARRAY['select', 'insert', 'update', 'delete'])[1 + i %% 4] AS entitlement,
       'schema_' || i %% 30 || '.table_' || i / 7 AS scope"""
_OVER = """FROM generate_series(%(first)s::int, %(last)s::int) n
           JOIN unnest(%(systems)s::bigint[]) WITH ORDINALITY g (id, ordinal)
             ON g.ordinal = n %% %(count)s + 1
          CROSS JOIN LATERAL (SELECT n / %(count)s::int AS i) k"""
# One in a hundred is approved and gone, one in a hundred there and not approved, one has ended.
_GRANTS = f"""
INSERT INTO governance_grant
       (system_id, principal, entitlement, scope, valid_from, valid_to, origin, approved_by,
        reason, revoked_by)
SELECT system_id, principal, entitlement, scope, %(at)s - interval '30 days',
       %(at)s + CASE WHEN n %% 100 = 37 THEN interval '-1 day' ELSE interval '30 days' END,
       'baseline', 'user:1', 'bench', ''
  FROM (SELECT n, {_KEY} {_OVER}) rows
"""
_OBSERVED = f"""
INSERT INTO governance_observedgrant
       (system_id, principal, entitlement, scope, via, first_via, is_privileged, is_implied,
        can_login, usage_known)
SELECT system_id, principal, entitlement, scope, 'direct', 'direct', false, false, true, false
  FROM (SELECT n, {_KEY} {_OVER}) rows
"""
_BARE = """
SELECT count(*) FROM governance_grant g
  FULL JOIN governance_observedgrant o
    ON o.system_id = g.system_id AND o.principal = g.principal COLLATE "C"
   AND o.entitlement = g.entitlement COLLATE "C" AND o.scope = g.scope COLLATE "C"
"""


def fill(systems: list[GovernedSystem]) -> None:
    """Write both sides in SQL: 98 of 100 keys stand on both."""
    away = SIZE // 100
    names = {"systems": [row.pk for row in systems], "count": SYSTEMS, "at": NOW}
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE governance_grant DISABLE TRIGGER USER")
        cursor.execute(_GRANTS, {**names, "first": 0, "last": SIZE - 1})
        cursor.execute("ALTER TABLE governance_grant ENABLE TRIGGER USER")
        cursor.execute(_OBSERVED, {**names, "first": away, "last": SIZE + away - 1})
        cursor.execute("VACUUM ANALYZE governance_grant")
        cursor.execute("VACUUM ANALYZE governance_observedgrant")


def seconds(work: Callable[[], object]) -> float:
    """Return how long ``work`` takes in a transaction of its own."""
    begun = time.perf_counter()
    with transaction.atomic():
        work()
    return time.perf_counter() - begun


def bare() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('work_mem', '128MB', true)")
        cursor.execute(_BARE)


def found() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, count(*) FROM drift_found GROUP BY 1 ORDER BY 1")
        return dict(cursor.fetchall())


def changed(count: int) -> list[tuple[int, str, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT system_id, principal, entitlement, scope FROM governance_grant"
            " ORDER BY hashint8(id) LIMIT %s",
            [count],
        )
        return cursor.fetchall()


def classified(sheet: Sheet, systems: list[GovernedSystem]) -> None:
    looks = [Look(row.pk, NOW, True) for row in systems]
    counts = {}

    def whole() -> None:
        drift.classify(looks, at=NOW, is_all=True)
        counts.update(found())

    def of_keys() -> None:
        drift.touch(keys)
        drift.classify_touched(looks, at=NOW)

    keys = changed(1000)
    # In turns, so that what else the machine does meets all alike.
    times: dict[str, list[float]] = {"bare": [], "whole": [], "one": [], "some": []}
    for _ in range(ROUNDS):
        times["bare"].append(seconds(bare))
        times["whole"].append(seconds(whole))
        times["one"].append(seconds(lambda: drift.classify(looks[7:8], at=NOW)))
        times["some"].append(seconds(of_keys))
    median = {name: statistics.median(some) for name, some in times.items()}
    size = f"{SIZE:,} x {SIZE:,}"
    sheet.figure(f"{size}: bare FULL JOIN", median["bare"], "s")
    sheet.figure(f"{size}: classified, all kinds", median["whole"], "s")
    sheet.figure(f"{size}: beside the join", median["whole"] / median["bare"], "x", at_most=2)
    sheet.figure("one system of 50", median["one"] / median["whole"], "x", at_most=0.15)
    sheet.figure("1,000 changed grants", median["some"] * 1000, "ms", at_most=100)
    away = SIZE // 100
    ended = sum(1 for n in range(away, SIZE) if n % 100 == 37)
    # Of the grants that are gone, those that have ended are not missing.
    gone = away - sum(1 for n in range(away) if n % 100 == 37)
    expected = {"expired_alive": ended, "missing": gone, "unapproved": away}
    sheet.figure("kinds counted wrongly", float(counts != expected), "of 1", at_most=0)


def main() -> None:
    sheet = Sheet("drift")
    by = actors.service("operator")
    with boundary.acting(by, at=NOW), transaction.atomic():
        site = a_site()
        systems = [a_system(site=site) for _ in range(SYSTEMS)]
    fill(systems)
    with boundary.acting(by, at=NOW):
        classified(sheet, systems)
    sheet.close()


if __name__ == "__main__":
    main()
