"""What it costs to compare approved grants with observed ones, beside the bare join of both."""

import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import django

django.setup()

from django.db import connection, connections, transaction

from bench.figures import Sheet
from governance import boundary
from governance.actions import importing_snapshots
from governance.domain import actor as actors
from governance.domain.actor import Actor
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


def written(path: Path) -> None:
    """Write a snapshot of one system as CSV: the grants of `fill`, all in one."""
    with path.open("w") as file:
        file.write("principal,entitlement,scope,via,last_used\n")
        for i in range(SIZE):
            right = ("select", "insert", "update", "delete")[i % 4]
            scope = f"schema_{i % 30}.table_{i // 7}"
            file.write(f"role_{i // 20},{right},{scope},direct,2040-11-01T08:00:00Z\n")


def copied(path: Path) -> None:
    """Let PostgreSQL copy the file into a table of the same columns, and no more."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE bare (principal text, entitlement text, scope text, via text,"
            " last_used timestamptz) ON COMMIT DROP"
        )
        with (
            cursor.copy("COPY bare FROM STDIN (FORMAT csv, HEADER true)") as copy,
            path.open("rb") as file,
        ):
            while block := file.read(1 << 20):
                copy.write(block)


def kept(path: Path) -> None:
    """Let PostgreSQL copy the file into the table that keeps it, with its keys."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE keyed (LIKE governance_observedgrant INCLUDING ALL)"
            " ON COMMIT DROP"
        )
        for name in ("system_id", "first_via", "is_privileged", "is_implied", "can_login"):
            cursor.execute(f"ALTER TABLE keyed ALTER {name} DROP NOT NULL")
        cursor.execute("ALTER TABLE keyed ALTER usage_known DROP NOT NULL")
        cursor.execute("ALTER TABLE keyed ALTER system_id SET DEFAULT 1")
        with (
            cursor.copy(
                "COPY keyed (principal, entitlement, scope, via, last_used) FROM STDIN"
                " (FORMAT csv, HEADER true)"
            ) as copy,
            path.open("rb") as file,
        ):
            while block := file.read(1 << 20):
                copy.write(block)


def imported(sheet: Sheet, by: Actor, system: GovernedSystem) -> None:
    """Take a file in for the first time, and again with a hundredth of it changed."""
    names = {"systems": [system.pk], "count": 1, "at": NOW, "first": 0, "last": SIZE - 1}
    with connections["owner"].cursor() as cursor:
        cursor.execute("TRUNCATE governance_observedgrant")
        cursor.execute("ALTER TABLE governance_grant DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM governance_grant")
        cursor.execute(_GRANTS.replace("interval '-1 day'", "interval '1 day'"), names)
        cursor.execute("ALTER TABLE governance_grant ENABLE TRIGGER USER")
        cursor.execute("VACUUM ANALYZE governance_grant")

    def take() -> None:
        with path.open("rb") as file:
            importing_snapshots.take(system, file, name=path.name, by=by, at=NOW)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "snapshot.csv"
        written(path)
        plain = statistics.median(seconds(lambda: copied(path)) for _ in range(3))
        keyed = statistics.median(seconds(lambda: kept(path)) for _ in range(3))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        first = seconds(take)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with path.open("a") as file:
            file.write("role_0,select,schema_x.new,direct,2040-11-01T08:00:00Z\n")
        again = seconds(take)
        same = seconds(take)
    rest = again - same
    sheet.figure(f"import of {SIZE:,} rows: bare COPY", plain, "s")
    sheet.figure("import: COPY into the table with its keys", keyed, "s")
    sheet.figure("import, the first, compared", first, "s", note=f"{first / plain:.1f} x bare COPY")
    sheet.figure("import, the first, beside COPY with keys", first / keyed, "x", at_most=3)
    sheet.figure("import, the next, compared", again, "s", note=f"{again / plain:.1f} x bare COPY")
    sheet.figure("import, the next, beside COPY with keys", again / keyed, "x", at_most=3)
    sheet.figure("import, the same file again", same, "s")
    sheet.figure("import, the next, until kept, beside bare COPY", rest / plain, "x", at_most=3)
    sheet.figure("memory of the process", grown / 1024, "MB", at_most=300)
    sheet.figure("memory that the import added", (grown - before) / 1024, "MB")


def main() -> None:
    sheet = Sheet("drift")
    by = actors.service("operator")
    with boundary.acting(by, at=NOW), transaction.atomic():
        site = a_site()
        systems = [a_system(site=site) for _ in range(SYSTEMS)]
    fill(systems)
    with boundary.acting(by, at=NOW):
        classified(sheet, systems)
        imported(sheet, by, systems[0])
    sheet.close()


if __name__ == "__main__":
    main()
