"""What the catalog costs beside the bare work: harvest, search, lineage, a label that is seen.

``BENCH_PARTS`` names parts (harvest unchanged size label), ``BENCH_SIZES`` numbers of columns.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import django

django.setup()

from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import large_catalog, plants
from bench.figures import Sheet
from catalog.actions import classifying, harvesting
from catalog.domain.labels import Level
from catalog.models import Asset
from governance import boundary
from governance.domain import actor as actors
from governance.domain.actor import Actor
from governance.models import Site
from tests.builders.governance import a_member
from tests.builders.signin import proven

SIZES = (10_000, 100_000, 1_000_000)
ROUNDS = 5
SEARCHES = (
    "customer email", "order", "ord", "shiftTime", "machine torque", "iban", "weld_12",
    "gender nationality", "id", "sport", "lanet", "pasport", "operater email", "zzz nothing",
)  # fmt: skip
"""Frequent and rare words, beginnings, pieces, slips of the pen, and nothing."""
# The run itself, the decision that permitted it and the event that records it are no news.
_ROWS = """
SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)
     - (SELECT count(*) FROM audit_event
         WHERE xid = pg_current_xact_id()::text::bigint AND act LIKE 'row:catalog_harvestrun:%')
  FROM pg_stat_xact_user_tables
 WHERE schemaname = 'public' AND relname NOT IN ('catalog_harvestrun', 'governance_decisionlog')
"""


@contextmanager
def acting(by: Actor) -> Iterator[datetime]:
    at = datetime.now(UTC)
    with boundary.acting(by, at=at):
        yield at


def harvest(sheet: Sheet) -> None:
    """Eight hundred tables, nine thousand columns, 150 views, cold."""
    by = actors.service("operator")
    with plants.plant(800, 11, 150) as dsn:
        bare = min(plants.bare(dsn) for _ in range(3))
        took = []
        for number in range(3):
            with acting(by) as at:
                begun = time.perf_counter()
                run = harvesting.connect(
                    slug=f"cold-{number}", name="Cold", site=Site.objects.get(parent=None),
                    dsn=dsn, by=by, at=at,
                )  # fmt: skip
                took.append(time.perf_counter() - begun)
    sheet.figure("cold harvest: bare read, COPY and parse", bare, "s")
    sheet.figure("cold harvest with labels and lineage", min(took), "s", note=f"{run.new:,} assets")
    sheet.figure("cold harvest: ours / bare", min(took) / bare, "x", at_most=3)


def unchanged(sheet: Sheet) -> None:
    """A hundred thousand columns, harvested again."""
    by = actors.service("operator")
    with plants.plant(2_000, 50) as dsn:
        bare = min(plants.bare_read(dsn)[1] for _ in range(3))
        with acting(by) as at:
            begun = time.perf_counter()
            run = harvesting.connect(
                slug="wide", name="Wide", site=Site.objects.get(parent=None), dsn=dsn, by=by, at=at
            )
            sheet.figure("100,000 columns: first harvest", time.perf_counter() - begun, "s")
        took, written = [], 0
        for _ in range(3):
            with acting(by) as at, transaction.atomic():
                begun = time.perf_counter()
                harvesting.harvest(run.system, by=by, at=at)
                took.append(time.perf_counter() - begun)
                with connection.cursor() as cursor:
                    cursor.execute(_ROWS)
                    written = max(written, int(cursor.fetchone()[0]))
    sheet.figure(
        "100,000 columns unchanged: rows written but the run and its event",
        written,
        "rows",
        at_most=0,
    )
    sheet.figure("100,000 columns unchanged: bare catalog read", bare, "s")
    sheet.figure("100,000 columns unchanged: harvest", min(took), "s", at_most=2)
    sheet.figure("100,000 columns unchanged: ours / bare", min(took) / bare, "x", at_most=2)


def p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def replay(url: str, client: Client) -> list[tuple[str, tuple[object, ...]]]:
    """Return the statements of an answer, to ask them bare."""
    settings.DEBUG = True
    try:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
    finally:
        settings.DEBUG = False
    return [
        (one["sql"], ())
        for one in captured.captured_queries
        if "catalog_" in one["sql"] or "SET LOCAL" in one["sql"]
    ]


def bare(statements: list[tuple[str, tuple[object, ...]]]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for statement, _ in statements:
            cursor.execute(statement)
            if cursor.description:
                cursor.fetchall()


def urls(sheet: Sheet, what: str, client: Client, found: list[str]) -> float:
    """Measure addresses through the interface and their statements alone; return the p95."""
    ours: list[float] = []
    theirs: list[float] = []
    worst = (0.0, "")
    for url in found:
        statements = replay(url, client)
        took = [timed(lambda url=url: client.get(url)) for _ in range(ROUNDS)]
        ours += took
        theirs += [timed(lambda some=statements: bare(some)) for _ in range(ROUNDS)]
        worst = max(worst, (statistics.median(took), url))
    sheet.figure(f"{what}: p95 of the bare statements", p95(theirs), "ms")
    sheet.figure(f"{what}: p95 through the interface", p95(ours), "ms", note=worst[1])
    sheet.figure(f"{what}: interface / bare", p95(ours) / p95(theirs), "x", at_most=2)
    return p95(ours)


def sizes(sheet: Sheet) -> None:
    """Search and lineage as the catalog grows."""
    with acting(actors.service("operator")):
        client = proven(a_member("steward"))
    # Addresses of next pages are built from the host, and this one is allowed.
    client.defaults["SERVER_NAME"] = "localhost"
    first: dict[str, float] = {}
    latest: dict[str, float] = {}
    before = 0
    given = os.environ.get("BENCH_SIZES", "")
    for size in [int(one) for one in given.split()] or SIZES:
        begun = time.perf_counter()
        edges = large_catalog.fill(size, of=before)
        before = size
        sheet.figure(f"{size:,} columns: made", time.perf_counter() - begun, "s")
        what = f"{size:,} columns"
        latest["search"] = urls(
            sheet, f"{what}: search", client, [f"/api/v1/assets/?q={text}" for text in SEARCHES]
        )
        columns = Asset.objects.filter(kind="column", pk__gte=large_catalog.BASE)
        count = columns.count()
        step = max(1, count // 20)
        picked = list(columns.order_by("pk").values_list("pk", flat=True)[::step])[:20]
        hub = columns.order_by("-pk").values_list("pk", flat=True)[0]
        # Of a thousand nodes at most; and all there is, up to ten thousand edges of the hub.
        told = [f"/api/v1/assets/{key}/lineage/" for key in (*picked, hub)]
        latest["lineage"] = urls(sheet, f"{what}, {edges:,} edges: lineage", client, told)
        whole = [f"{url}?limit=10000" for url in told]
        latest["lineage to the end"] = urls(
            sheet, f"{what}: lineage to the end", client, whole[:5] + whole[-1:]
        )
        first = first or dict(latest)
    sheet.figure("search: p95 through the interface", latest["search"], "ms", at_most=100)
    sheet.figure("lineage: p95 through the interface", latest["lineage"], "ms", at_most=50)
    for name in first:
        sheet.figure(f"{name}: growth of the p95", latest[name] / first[name], "x", at_most=3)


def label(sheet: Sheet) -> None:
    """One column that a thousand others are made of gets a label from a person."""
    by = actors.service("operator")
    if not Asset.objects.filter(pk__gte=large_catalog.BASE).exists():
        large_catalog.fill(SIZES[0])
    seed = large_catalog.fan(1_000)
    with acting(by):
        steward = a_member("steward").as_actor(has_mfa=True)
    took = []
    for level in (Level.CONFIDENTIAL, Level.RESTRICTED, Level.PUBLIC):
        with acting(steward) as at:
            begun = time.perf_counter()
            classifying.state(
                Asset.objects.filter(pk=seed), level=level, category="", reason="bench",
                by=steward, at=at + timedelta(seconds=1),
            )  # fmt: skip
            took.append((time.perf_counter() - begun) * 1000)
        reached = Asset.objects.filter(incoming__src=seed, level=level).count()
        assert reached >= 1_000, reached
    sheet.figure("a label seen by 1,000 columns", statistics.median(took), "ms", at_most=200)


PARTS = {"harvest": harvest, "unchanged": unchanged, "size": sizes, "label": label}


def main() -> None:
    """Measure what is asked for."""
    sheet = Sheet("catalog")
    for name in os.environ.get("BENCH_PARTS", " ".join(PARTS)).split():
        PARTS[name](sheet)
    sheet.close()


if __name__ == "__main__":
    main()
