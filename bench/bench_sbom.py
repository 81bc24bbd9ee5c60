"""What it costs to check and read an SBOM, and to take it into the database.

Floors of the same run: ``orjson.loads`` of the same bytes, and COPY of the same rows into the
same tables. The library's own path is run where it can bear it.
"""

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import django
import psycopg

django.setup()

from django.db import connection, transaction

from bench import large_sbom
from bench.figures import Sheet
from governance import boundary
from governance.domain import actor as actors
from governance.domain.actor import Actor
from partners.actions import receiving
from partners.models import Product, Sbom
from partners.sbom import isolation
from tests.builders.partners import a_product
from tests.builders.sboms import rows as manifest

ROOT = Path(__file__).parents[1]
PEERS = ROOT / "var" / "peers"
SIZES = (1_000, 10_000, 100_000, 300_000)
STORED = (10_000, 100_000)
LIBRARY = 1_000
NOW = datetime(2040, 11, 17, 9, 45, tzinfo=UTC)
MIB = 2**20


def read(way: str, path: Path, *, rounds: int = 1) -> tuple[float, float]:
    """Return seconds of processor time and MiB of a process that reads ``path`` in one way."""
    is_peer = way in ("floor", "plain")
    python = PEERS / "bin" / "python" if is_peer else Path(sys.executable)
    ran = subprocess.run(
        [str(python), "-m", "bench.sbom_reading", way, str(path), str(rounds)],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    found = json.loads(ran.stdout)
    return found["seconds"], found["peak"]


def reading(sheet: Sheet, files: dict[int, Path]) -> None:
    """Compare with the floor in turn, since the machine is not ours alone."""
    seconds: dict[int, float] = {}
    for size, path in files.items():
        rounds = max(1, 60_000 // size)
        pairs = []
        for _ in range(5 if size <= 10_000 else 2):
            ours, peak = read("ours", path, rounds=rounds)
            floor, _ = read("floor", path, rounds=rounds)
            pairs.append((ours, floor))
        seconds[size] = min(ours for ours, _ in pairs)
        floor = min(floor for _, floor in pairs)
        judged = size in (10_000, 300_000)
        plain, _ = read("plain", path, rounds=rounds)
        megabytes = path.stat().st_size / MIB
        sheet.figure(f"{size:,}: check and read", seconds[size] * 1e3, "ms")
        sheet.figure(f"{size:,}: orjson.loads", floor * 1e3, "ms")
        sheet.figure(
            f"{size:,}: check and read / orjson.loads",
            seconds[size] / floor,
            "x",
            at_most=4 if judged else None,
        )
        sheet.figure(
            f"{size:,}: check and read / orjson.loads with the collector on",
            seconds[size] / plain,
            "x",
        )
        sheet.figure(
            f"{size:,}: peak memory, file of {megabytes:.0f} MiB",
            peak,
            "MiB",
            at_most=64 + 3 * megabytes,
        )
    sheet.figure("1,000 to 300,000: log-log slope", slope(seconds), "", at_most=1.1)
    took, peak = read("library", files[LIBRARY])
    sheet.figure(f"{LIBRARY:,}: cyclonedx-python-lib, validator and model", took * 1e3, "ms")
    sheet.figure(f"{LIBRARY:,}: library / ours", took / seconds[LIBRARY], "x")


def slope(seconds: dict[int, float]) -> float:
    xs = [math.log(size) for size in seconds]
    ys = [math.log(took) for took in seconds.values()]
    x, y = statistics.mean(xs), statistics.mean(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum(
        (a - x) ** 2 for a in xs
    )


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


_OUT = {
    "partners_componentversion": "digest, type, namespace, name, version, qualifiers, ecosystem,"
    " package, unmatchable",
    "partners_sbomcomponent": "sbom_id, component_id, pointer, name, version, purl, kind, scope,"
    " licenses, hashes, supplier, quarantine",
}


@contextmanager
def open_wall() -> Iterator[None]:
    """COPY into a table is refused under its row-level security: both sides do without."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        for table in _OUT:
            owner.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        yield
        for table in _OUT:
            owner.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")


def storing(sheet: Sheet, files: dict[int, Path], folder: Path, by: Actor) -> None:
    """Take documents in from the file to the findings, and COPY the same rows bare."""
    for size in STORED:
        took, bare, again = [], [], []
        for _ in range(3 if size <= 10_000 else 1):
            with rolled_back():
                product = a_product()
                begun = time.perf_counter()
                intake, _ = receiving.take_in(files[size], product=product, by=by, at=NOW)
                with connection.cursor() as cursor:
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                took.append(time.perf_counter() - begun)
                begun = time.perf_counter()
                receiving.take_in(files[size], product=product, by=by, at=NOW)
                again.append(time.perf_counter() - begun)
                bare.append(copied(folder, intake.sbom, product))
        sheet.figure(f"{size:,}: from file to findings", statistics.median(took), "s")
        sheet.figure(f"{size:,}: COPY of the same rows", statistics.median(bare), "s")
        sheet.figure(
            f"{size:,}: from file to findings / COPY",
            statistics.median(took) / statistics.median(bare),
            "x",
            at_most=6,
            note="without the policies of row-level security on both sides",
        )
        sheet.figure(f"{size:,}: the same bytes again", statistics.median(again), "s", at_most=1)


def copied(folder: Path, sbom: Sbom, product: Product) -> float:
    """Return how long COPY takes for the rows of ``sbom``, into the same tables emptied of them."""
    with connection.cursor() as cursor:
        # What was just written has no statistics; only the COPY below is timed.
        cursor.execute("SET LOCAL enable_nestloop = off")
        dumped = {}
        for table, columns in _OUT.items():
            which = (
                "sbom_id = %s"
                if "sbom_id" in columns
                else "id IN (SELECT component_id FROM partners_sbomcomponent WHERE sbom_id = %s)"
            )
            key = "id, " + columns
            path = folder / f"{table}.copy"
            with (
                path.open("wb") as out,
                cursor.copy(
                    f"COPY (SELECT {key} FROM {table} WHERE {which}) TO STDOUT", [sbom.pk]
                ) as copy,
            ):
                for part in copy:
                    out.write(part)
            dumped[table] = (key, path)
        cursor.execute("DELETE FROM partners_sbomcomponent WHERE sbom_id = %s", [sbom.pk])
        cursor.execute(
            "DELETE FROM partners_componentversion c WHERE NOT EXISTS"
            " (SELECT FROM partners_sbomcomponent e WHERE e.component_id = c.id)"
        )
        cursor.execute("SET LOCAL enable_nestloop = on")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        begun = time.perf_counter()
        for table, (key, path) in dumped.items():
            with path.open("rb") as source, cursor.copy(f"COPY {table} ({key}) FROM STDIN") as copy:
                while part := source.read(2**18):
                    copy.write(part)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        return time.perf_counter() - begun


def whole(sheet: Sheet, files: dict[int, Path]) -> None:
    """The child, with its start and the rows it hands on."""
    begun = time.perf_counter()
    with isolation.read_isolated(files[10_000]) as (document, _):
        sheet.figure("10,000: child process, start to rows", time.perf_counter() - begun, "s")
        if document.received_count != 10_000:
            raise AssertionError("components were lost")


def main() -> None:
    if not manifest():
        sys.exit("the shared test data is missing")
    if not (PEERS / "bin" / "python").exists():
        sys.exit("the peers are not installed: make bench installs them")
    sheet = Sheet("sbom")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {size: folder / f"{size}.json" for size in SIZES}
        for size, path in files.items():
            large_sbom.write(path, size)
        if "--storing-only" not in sys.argv:
            reading(sheet, files)
        whole(sheet, files)
        by = actors.service("operator")
        with boundary.acting(by, at=NOW), open_wall():
            storing(sheet, files, folder, by)
    sheet.close()


if __name__ == "__main__":
    main()
