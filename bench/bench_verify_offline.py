"""The offline verifier beside bare hashing of the same leaves: time, memory, growth.

An export of each of ``BENCH_SIZES`` is written once; then the verifier, as an auditor runs
it, and the hashing of all leaves take turns. Seconds are of CPU, the best of the rounds.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from bench.figures import Sheet
from governance.tlog import verify_audit
from governance.tlog.export import Entry, Writer
from governance.tlog.notes import Checkpoint
from governance.tlog.tiles import WIDTH, entries_path, unpack_entries
from governance.tlog.tree import Tree, leaf_hash
from tests.builders.tlog import BEGAN, ORIGIN, a_log_key, a_witness_key, sealed

SIZES = [int(size) for size in os.environ.get("BENCH_SIZES", "10000 100000 1000000").split()]
RATE = 2000
"""Entries for each head: one a second at the rate that the log is built for."""
ROUNDS = 3


def entries(size: int) -> Iterator[Entry]:
    for seq in range(size):
        salt = hashlib.sha256(b"salt %d" % seq).digest()
        told = f'{{"reason": "{hashlib.sha256(salt).hexdigest()}", "diff": {{"rows": [{seq}, 7]}}}}'
        at = BEGAN + timedelta(seconds=seq / RATE)
        yield Entry(seq, sealed(1001 + seq, at=at, body=told, salt=salt), salt, told)


def export(place: Path, size: int) -> list[str]:
    """Write an export with a cosigned head each second; return the arguments to verify it."""
    writer, tree, key, witness = Writer(place), Tree(), a_log_key(), a_witness_key()
    heads = []
    for entry in entries(size):
        writer.add(entry)
        tree.append(leaf_hash(entry.leaf_data))
        if tree.size % RATE == 0 or tree.size == size:
            head = Checkpoint(ORIGIN, tree.size, tree.root())
            when = int((BEGAN + timedelta(seconds=tree.size / RATE)).timestamp()) + 1
            lines = [head.body(), key.sign(head), witness.cosign(head.body(), when), ""]
            heads.append((tree.size, "\n".join(lines)))
    writer.close(heads)
    return [str(place), "--origin", ORIGIN, "--vkey", key.vkey, "--witness", witness.vkey]


def verify(arguments: list[str]) -> tuple[float, float]:
    """Return the seconds of CPU that the verifier takes, and its memory at most, in MiB."""
    script = [sys.executable, "-I", verify_audit.__file__, *arguments]
    done = subprocess.Popen(script, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(done.pid, 0)
    done.returncode = os.waitstatus_to_exitcode(status)
    assert done.returncode == 0, done.returncode
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def bare(place: Path, size: int) -> tuple[float, float]:
    """Return the seconds of CPU to hash all leaves, without and with reading them."""
    seconds, whole = 0.0, time.process_time()
    for start in range(0, size, WIDTH):
        width = min(WIDTH, size - start)
        leaves = unpack_entries((place / entries_path(start // WIDTH, width)).read_bytes(), width)
        begun = time.process_time()
        for leaf in leaves:
            hashlib.sha256(b"\0" + leaf).digest()
        seconds += time.process_time() - begun
    return seconds, time.process_time() - whole


def main() -> None:
    """Measure each size."""
    sheet = Sheet("audit-offline")
    each = []
    for size in SIZES:
        what = f"{size:,} entries"
        with tempfile.TemporaryDirectory() as folder:
            arguments, ours, theirs = export(Path(folder), size), [], []
            for _ in range(ROUNDS):
                theirs.append(bare(Path(folder), size))
                ours.append(verify(arguments))
        seconds, peak = min(ours)[0], max(memory for _, memory in ours)
        hashing, reading = min(theirs)[0], min(whole for _, whole in theirs)
        each.append(seconds / size * 1e6)
        most = {"seconds": 10, "ratio": 8} if size == SIZES[-1] else {}
        sheet.figure(f"{what}: verified", seconds, "s CPU", at_most=most.get("seconds"))
        sheet.figure(f"{what}: leaves hashed, no more", hashing, "s CPU")
        sheet.figure(
            f"{what}: verified / hashed", seconds / hashing, "x", at_most=most.get("ratio")
        )
        sheet.figure(f"{what}: verified / read and hashed", seconds / reading, "x")
        sheet.figure(f"{what}: memory at most", peak, "MiB", at_most=100)
    sheet.figure("time of an entry, largest / smallest", each[-1] / each[0], "x", at_most=1.5)
    sheet.close()


if __name__ == "__main__":
    main()
