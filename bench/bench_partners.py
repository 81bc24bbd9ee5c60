"""What matching, the sweep and the list of findings cost, each beside its floor."""

import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta

import django

django.setup()

from django.db import connection, connections, transaction

from bench.figures import Sheet
from governance import boundary
from governance.domain import actor as actors
from partners import queries
from partners.actions import matching, settling
from partners.advisories import osv
from partners.domain import asking
from partners.domain.components import ComponentIdentity, fold_name
from partners.models import Finding
from partners.queries import filtering, paging, shipping
from tests.builders.advisories import Index
from tests.builders.governance import NOW, a_site
from tests.builders.partners import a_partner, a_product, a_vulnerability
from tests.shared import ROOT

FINDINGS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
LISTED = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
PARTNERS = 500
COMPONENTS = 10_000
ROUNDS = 5
SEED = 20261127
FEEDS = ("osv-PyPI.zip", "osv-Go.zip", "osv-Maven-mixed-GHSA-sample.zip")
OPERATOR = actors.service("operator")

_FILL_COMPONENTS = """
INSERT INTO partners_componentversion
       (digest, type, namespace, name, version, qualifiers, ecosystem, package, unmatchable)
SELECT md5('bench' || n) || md5(n || 'bench'), 'pypi', '', 'part-' || n / 5,
       '1.' || n %% 5, '', 'PyPI', 'part-' || n / 5, ''
  FROM generate_series(1, %s) n
"""
_FILL_LISTINGS = """
INSERT INTO partners_sbomcomponent
       (sbom_id, component_id, pointer, name, version, purl, kind, scope, licenses, quarantine)
SELECT s.id, c.first + (s.place * 997 + n * 7) %% c.count, '/components/' || n, 'part', '', '', '',
       '', '[]', ''
  FROM (SELECT id, row_number() OVER () AS place FROM partners_sbom) s
 CROSS JOIN (SELECT min(id) AS first, count(*) AS count FROM partners_componentversion) c
 CROSS JOIN generate_series(1, %s) n
    ON CONFLICT DO NOTHING
"""
_FILL_SBOMS = """
INSERT INTO partners_sbom (id, product_id, sha256, format, spec_version, serial, version,
       created_claim, received_at, received, stored, quarantined, merged, is_current)
SELECT gen_random_uuid(), id, md5(id::text) || md5(id::text), 'cyclonedx-json', '1.6', '', 1, '',
       %s, 0, 0, 0, 0, true
  FROM partners_product
"""
# One in fifty is overdue and unmarked, one in five ended, the rest is open and not yet due.
_FILL_FINDINGS = """
INSERT INTO partners_finding
       (id, product_id, vulnerability_id, component_id, state, band, score, rating_source,
        evidence, fixed_versions, is_unbounded, opened_at, anchor, anchor_at, due_at, due_rule,
        term_days, why, policy_version, ended_at, epss)
SELECT gen_random_uuid(), p.ids[1 + n %% p.count], v.ids[1 + n / 1000 %% v.count],
       c.first + n %% c.count, CASE WHEN n %% 5 = 0 THEN 'fixed' ELSE 'open' END,
       (ARRAY['critical', 'high', 'medium', 'low', 'unrated'])[1 + n %% 5], n %% 100 / 10.0, '',
       '[]', '[]', false, %(at)s - interval '60 days' + n * interval '1 second', 'first_seen',
       %(at)s - interval '60 days',
       %(at)s + CASE WHEN n %% 50 = 7 THEN interval '-1 day' ELSE n %% 40 * interval '1 day' END
              + interval '1 minute',
       'base_other', 30, 'bench', 1,
       CASE WHEN n %% 5 = 0 THEN %(at)s - interval '10 days' END, n %% 1000 / 1000.0
  FROM generate_series(1, %(size)s) n
 CROSS JOIN (SELECT array_agg(id) AS ids, count(*) AS count FROM partners_product) p
 CROSS JOIN (SELECT array_agg(id) AS ids, count(*) AS count FROM partners_vulnerability) v
 CROSS JOIN (SELECT min(id) AS first, count(*) AS count FROM partners_componentversion) c
    ON CONFLICT DO NOTHING
"""
_BARE_SWEEP = """
UPDATE partners_finding SET breached_at = due_at
 WHERE state = 'open' AND breached_at IS NULL AND due_at < %s
"""
TABLES = ("partners_sbom", "partners_finding")


def best(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the best of several runs, in seconds: disturbance only adds."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


def matched(sheet: Sheet) -> None:
    """Ask 10,000 components, a third of them known to advisories, against all of them."""
    advisories = [
        one
        for name in FEEDS
        for one in osv.read(ROOT / "feeds" / name, on_defect=lambda defect: None)
    ]
    index = Index(advisories)
    chosen = random.Random(SEED)
    # Packages alike, however many advisories each has: as SBOMs list them.
    named = sorted(
        {
            (affected.ecosystem, affected.name): version
            for one in advisories
            for affected in one.affected
            for version in (affected.versions or affected.fixed_versions)[:1]
        }.items()
    )
    components = []
    for number in range(COMPONENTS):
        kind, name, version = "pypi", f"part-{number}", "1.0"
        if number % 20 < 7:
            (ecosystem, name), version = chosen.choice(named)
            kind = {"PyPI": "pypi", "Go": "golang", "Maven": "maven"}.get(ecosystem, "pypi")
        space, _, last = name.replace(":", "/").rpartition("/")
        components.append(ComponentIdentity(kind, space, last, version))
    # As the table of components keeps them: both sides get the folded names.
    rows = [(one.ecosystem, one.package, one.version) for one in components]
    named_by: dict[tuple[str, str], list[object]] = {}
    for one in advisories:
        for affected in one.affected:
            key = (affected.ecosystem, fold_name(affected.ecosystem, affected.name))
            named_by.setdefault(key, []).append(one)

    def bare() -> int:
        """Join both sides by name, with nothing judged."""
        pairs = [(row, one) for row in rows for one in named_by.get(row[:2], ())]
        return len(pairs)

    packages = index.packages

    def ours() -> int:
        hits = 0
        for ecosystem, name, version in rows:
            package = packages.get((ecosystem, name))
            if package is not None:
                hits += len(package.hits(version))
        return hits

    floor, first, cost = best(bare), best(ours, rounds=1), best(ours)
    name = f"10,000 x {len(advisories):,}: bare dict join"
    sheet.figure(name, floor * 1000, "ms", note=f"{bare():,} pairs")
    sheet.figure("matched", cost * 1000, "ms", note=f"{ours():,} hits")
    sheet.figure("matched beside the join", cost / floor, "x", at_most=20)
    sheet.figure("first time, packages being cut, beside the join", first / floor, "x")


def fill() -> None:
    """Write partners, products, SBOMs, components and findings in SQL."""
    with boundary.acting(OPERATOR, at=NOW), transaction.atomic():
        site = a_site()
        for number in range(PARTNERS):
            a_product(partner=a_partner(slug=f"bench-{number}"), site=site)
        for _ in range(2_000):
            a_vulnerability()
    with connections["owner"].cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(_FILL_COMPONENTS, [5 * COMPONENTS])
        cursor.execute(_FILL_SBOMS, [NOW])
        cursor.execute(_FILL_LISTINGS, [LISTED])
        cursor.execute(_FILL_FINDINGS, {"at": NOW, "size": FINDINGS})
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        for table in (*TABLES, "partners_componentversion", "partners_sbomcomponent"):
            cursor.execute(f"VACUUM ANALYZE {table}")


def asked(sheet: Sheet) -> None:
    """Ask who ships a component below a version."""
    with boundary.acting(OPERATOR, at=NOW):
        question = asking.parse("part-77 < 1.3")
        cost = best(lambda: shipping.shipped(question, to=OPERATOR, at=NOW))
        rows = len(shipping.shipped(question, to=OPERATOR, at=NOW).rows)
    name = f"who ships part-77 < 1.3, {PARTNERS} x {LISTED:,}"
    sheet.figure(name, cost * 1000, "ms", at_most=100, note=f"{rows} rows")


def advised(sheet: Sheet) -> None:
    """Match one new advisory's package against all partners, and settle the findings."""
    with boundary.acting(OPERATOR, at=NOW):

        def once() -> None:
            with transaction.atomic():
                components = matching.again([("PyPI", "part-99")], at=NOW)
                settling.settle(components=components, at=NOW)
                transaction.set_rollback(True)

        cost = best(once)
    sheet.figure(f"one advisory, {PARTNERS} x {LISTED:,}", cost * 1000, "ms", at_most=100)


def listed(sheet: Sheet) -> None:
    """Read the first, a middle and a late page in each order, beside the bare SELECT by key."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM partners_finding TABLESAMPLE SYSTEM (1) LIMIT 50")
        keys = [row[0] for row in cursor.fetchall()]
    bare = best(lambda: list(queries.rows(Finding.objects.filter(pk__in=keys))))
    sheet.figure(f"{FINDINGS:,} findings: 50 by primary key", bare * 1000, "ms")
    found = filtering.narrowed(Finding.objects.all(), filtering.Wanted(), at=NOW)
    for sort, order in paging.ORDERS.items():
        # Far behind the beginning, where pages are if somebody walks to the end.
        column = order.columns[0]
        half = FINDINGS // 3
        behind = found.filter(**{f"{column}__isnull": False}).order_by(column)
        (late,) = behind.values_list(*order.columns, "id")[half : half + 1]
        costs = [
            best(lambda key=key, sort=sort: paging.page(found, key, sort))  # type: ignore[misc]
            for key in ("", paging._key(late))
        ]
        sheet.figure(f"  by {sort}, worst of two pages", max(costs) / bare, "x", at_most=2)


def swept(sheet: Sheet) -> None:
    """Sweep all findings beside the bare UPDATE of the same rows, each rolled back."""
    at = NOW

    def rolled_back(work: Callable[[], object]) -> float:
        begun = time.perf_counter()
        with boundary.acting(OPERATOR, at=at), transaction.atomic():
            work()
            cost = time.perf_counter() - begun
            transaction.set_rollback(True)
        return cost

    def bare() -> None:
        with connection.cursor() as cursor:
            cursor.execute(_BARE_SWEEP, [at])

    floors, costs = [], []
    for _ in range(3):
        floors.append(rolled_back(bare))
        costs.append(rolled_back(lambda: settling.sweep(at=at)))
    floor, cost = statistics.median(floors), statistics.median(costs)
    sheet.figure(f"{FINDINGS:,} findings: bare UPDATE", floor * 1000, "ms")
    sheet.figure("sweep", cost * 1000, "ms")
    sheet.figure("sweep beside it", cost / floor, "x", at_most=2)
    with boundary.acting(OPERATOR, at=at), transaction.atomic():
        first = settling.sweep(at=at)
        second = settling.sweep(at=at + timedelta(seconds=1))
    sheet.figure(
        "rows written by the second sweep",
        second.overdue + second.ran_out,
        "rows",
        at_most=0,
        note=f"the first wrote {first.overdue:,}",
    )


def main() -> None:
    """Measure all and write the evidence."""
    sheet = Sheet("partners", seed=SEED)
    matched(sheet)
    fill()
    asked(sheet)
    advised(sheet)
    listed(sheet)
    swept(sheet)
    sheet.close()


if __name__ == "__main__":
    main()
