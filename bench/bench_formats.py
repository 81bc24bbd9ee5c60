"""Contracts, events and dbt artifacts: how fast they are read, beside bare decoding.

Real files from the shared data; events are read again and again as one body by line.
"""

import json
import sys
import time
import tracemalloc
from pathlib import Path

from bench.figures import Sheet, wall_microseconds
from catalog.contracts.reader import read as read_contract
from catalog.dbt.project import read as read_project
from catalog.openlineage.events import read as read_events
from catalog.openlineage.register import Register
from catalog.openlineage.rows import to_rows
from tests.builders.dbt import a_manifest, a_node
from tests.shared import ROOT

REPEATED = 8


def lineage(sheet: Sheet, folder: Path) -> None:
    contents = [json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))]
    body = "\n".join(json.dumps(one) for one in contents * REPEATED).encode()
    count = len(contents) * REPEATED

    def read() -> None:
        Register().absorb(one.event for one in read_events(body) if one.event)

    def bare() -> None:
        for line in body.splitlines():
            json.loads(line)

    ours, plain = (wall_microseconds(work, times=1) / 1e6 for work in (read, bare))
    sheet.figure("events read and joined", count / ours, "per s", at_least=1_000)
    sheet.figure("events: ours / bare json.loads", ours / plain, "x")
    register = Register().absorb(one.event for one in read_events(body) if one.event)
    took = wall_microseconds(lambda: to_rows(register), times=1)
    sheet.figure("rows of the joined state", took / 1_000, "ms", note=f"{len(register)} cells")


def contracts(sheet: Sheet, folder: Path) -> None:
    bodies = [path.read_bytes() for path in sorted(folder.glob("*.y*ml"))]
    took = wall_microseconds(lambda: [read_contract(one) for one in bodies], times=1)
    sheet.figure("contracts read and judged", len(bodies) / took * 1e6, "per s")
    largest = max(bodies, key=len)
    took = wall_microseconds(lambda: read_contract(largest), times=1)
    sheet.figure("the largest contract", took / 1_000, "ms", note=f"{len(largest):,} bytes")


def dbt(sheet: Sheet) -> None:
    macro = {"macro_sql": "x" * 10_000, "arguments": [{"a": 1}]}
    nodes = [
        a_node(f"m{n}", f"model.plant.m{n - 1}", raw_code="y" * 3_000) for n in range(1, 2_500)
    ]
    body = a_manifest(*nodes, macros=dict.fromkeys((f"macro.{n}" for n in range(4_300)), macro))
    begun = time.perf_counter()
    read_project(body)
    sheet.figure("a manifest", time.perf_counter() - begun, "s", note=f"{len(body):,} bytes")
    tracemalloc.start()
    read_project(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    sheet.figure("a manifest: memory / its size", peak / len(body), "x", at_most=0.5)


def main() -> None:
    """Measure everything."""
    folder = ROOT / "catalog"
    if not folder.exists():
        sys.exit("shared test data is missing: catalog")
    sheet = Sheet("formats")
    lineage(sheet, folder / "openlineage/filled")
    contracts(sheet, folder / "odcs")
    dbt(sheet)
    sheet.close()


if __name__ == "__main__":
    main()
