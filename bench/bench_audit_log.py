"""The log itself at 10,000, 100,000 and 1,000,000 entries: growing, sequencing, verifying."""

import os
import resource
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.conf import settings
from django.utils import timezone

from bench.audit_log import Log
from bench.figures import Sheet
from governance import boundary
from governance.actions import verifying
from governance.actions.verifying import Checked
from governance.domain import actor as actors
from governance.postgresql import triggers
from governance.queries import heads, log_entries, row_digests
from governance.queries.tree import StoredTree
from governance.tlog.tree import (
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    verify_inclusion,
)

SIZES = [int(size) for size in os.environ.get("BENCH_SIZES", "10000 100000 1000000").split()]
NEW = 1000


def cpu(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Return what ``work`` does, its elapsed seconds, and those of CPU in this process."""
    begun, used = time.perf_counter(), time.process_time()
    found = work()
    return found, time.perf_counter() - begun, time.process_time() - used


def tree(sheet: Sheet) -> None:
    """The tree alone, in memory."""
    leaves = [leaf_hash(str(n).encode()) for n in range(1 << 18)]
    grown = Tree()

    def append() -> None:
        for number, leaf in enumerate(leaves):
            grown.append(leaf)
            if number % 256 == 0:
                grown.root()

    _, _, used = cpu(append)
    sheet.figure("tree: append, root each 256", len(leaves) / used, "leaves/s", at_least=300_000)
    levels = [leaves]
    while len(levels[-1]) > 1:
        row = levels[-1]
        levels.append([node_hash(row[n], row[n + 1]) for n in range(0, len(row), 2)])
    size, root = len(leaves), levels[-1][0]
    proofs = [
        (n, inclusion_proof(n, size, lambda level, index: levels[level][index]))
        for n in range(0, size, 53)
    ]

    def verify() -> None:
        for n, proof in proofs:
            verify_inclusion(leaves[n], n, size, proof, root)

    _, _, used = cpu(verify)
    sheet.figure("tree: inclusion proofs verified", len(proofs) / used, "1/s", at_least=50_000)


def entries(sheet: Sheet, what: str) -> float:
    """Read and check all entries, rows apart; return the seconds of one."""

    def examine() -> log_entries.Findings:
        with verifying.reading() as session:
            who = heads.trust(
                session,
                origin=settings.AUDIT_ORIGIN,
                witnesses=[verifying.Outside.parse(t).verifier for t in settings.AUDIT_WITNESSES],
                quorum=1,
            )
            return log_entries.examine(session, heads.kept(session, who), Tree(), at=timezone.now())

    found, seconds, used = cpu(examine)
    count = found.settled.expected + found.open.expected
    assert found.settled.verified + found.open.verified == count, found.settled.failures[:5]
    sheet.figure(f"{what}: check of an entry", seconds / count * 1e6, "µs", at_most=12)
    sheet.figure(f"{what}: of that CPU of the verifier", used / count * 1e6, "µs CPU")
    sheet.figure(f"{what}: entries checked", count / seconds, "1/s")
    return float(seconds / count)


def rows(sheet: Sheet, what: str) -> float:
    """Compare all governed rows with their entries (V8); return the seconds."""

    def compare() -> list[Any]:
        with verifying.reading() as session:
            return row_digests.failures(session, triggers.governed())

    found, seconds, _ = cpu(compare)
    assert not found, found[:5]
    sheet.figure(f"{what}: rows against entries (V8)", seconds, "s")
    return float(seconds)


def incremental(sheet: Sheet, log: Log, what: str) -> float:
    """Check what is new since a full check; return the seconds."""
    by = actors.service("operator")
    with boundary.acting(by, at=timezone.now()):
        before = verifying.verify(is_full=True, by=by, at=timezone.now())
    assert before.verified == before.expected, before.failures[:5]
    log.write_some(NEW)
    log.sequence()

    def check() -> Checked:
        with verifying.reading() as session:
            return verifying.check(session, at=timezone.now(), before=before)

    check()
    found, seconds, _ = cpu(check)
    assert not found.is_full
    assert found.total().expected == log.size, (found.total().expected, log.size)
    sheet.figure(f"{what}: incremental check of {NEW:,} new", seconds * 1e3, "ms")
    return float(seconds)


def main() -> None:
    """Grow one log through the sizes."""
    sheet = Sheet("audit-log")
    tree(sheet)
    log = Log()
    growth: dict[str, list[float]] = {"write": [], "check": [], "rows": [], "incremental": []}
    for size in SIZES:
        what = f"{size:,} entries"
        write, drain = log.grow(size)
        sheet.figure(f"{what}: write of one, in bulk", write * 1e6, "µs")
        sheet.figure(f"{what}: backlog sequenced", drain, "1/s", at_least=5000)
        growth["write"].append(write)
        growth["check"].append(entries(sheet, what))
        growth["rows"].append(rows(sheet, what))
        growth["incremental"].append(incremental(sheet, log, what))
    for name, found in growth.items():
        limit = 1.5 if name in ("write", "check", "incremental") else None
        each = SIZES[-1] / SIZES[0] if name == "rows" else 1
        sheet.figure(
            f"growth {SIZES[0]:,} to {SIZES[-1]:,}: {name}, for an entry",
            found[-1] / found[0] / each, "x", at_most=limit,
        )  # fmt: skip
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sheet.figure("memory of all this, at most", peak, "MiB", at_most=200)
    proofs(sheet, log.size)
    log.close()
    sheet.close()


def proofs(sheet: Sheet, size: int) -> None:
    """Length of proofs in the stored tree."""
    with verifying.reading() as session:
        stored = StoredTree(lambda sql, params: session.execute(sql.encode(), params).fetchall())
        included, seconds, _ = cpu(lambda: inclusion_proof(size // 3, size, stored.node))
        sheet.figure(f"inclusion proof in {size:,}", len(included), "hashes", at_most=20)
        sheet.figure("inclusion proof from the database", seconds * 1e3, "ms")
        sizes = (1, 2, 3, size // 3, size // 2, size - 1)
        longest = max(len(consistency_proof(old, size, stored.node)) for old in sizes)
        sheet.figure(f"consistency proof in {size:,}", longest, "hashes", at_most=21)


if __name__ == "__main__":
    main()
