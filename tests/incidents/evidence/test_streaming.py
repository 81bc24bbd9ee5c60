"""Bytes on their way to the disk: bounded in memory, whatever their number."""

import hashlib
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from incidents.evidence.streaming import CHUNK, Overflow, stream
from tests.evidence import record

GIBIBYTE = 2**30


def zeros(count: int) -> Callable[[int], bytes]:
    """Return a reader of ``count`` bytes that holds none of them."""
    left = [count]

    def read(most: int) -> bytes:
        given = min(most, left[0])
        left[0] -= given
        return bytes(given)

    return read


def test_what_came_is_hashed_and_what_is_too_long_leaves_nothing(tmp_path: Path) -> None:
    came = stream(zeros(3 * CHUNK + 1), tmp_path, limit=4 * CHUNK)
    assert came.size == came.path.stat().st_size == 3 * CHUNK + 1
    assert came.sha256 == hashlib.sha256(bytes(3 * CHUNK + 1)).hexdigest()
    came.path.unlink()
    assert stream(zeros(CHUNK), tmp_path, limit=CHUNK).size == CHUNK
    before = list(tmp_path.iterdir())
    with pytest.raises(Overflow):
        stream(zeros(CHUNK + 1), tmp_path, limit=CHUNK)
    assert list(tmp_path.iterdir()) == before


@pytest.mark.soak
def test_two_gibibytes_stream_in_bounded_memory(tmp_path: Path) -> None:
    tracemalloc.start()
    began = time.monotonic()
    came = stream(zeros(2 * GIBIBYTE), tmp_path, limit=2 * GIBIBYTE)
    seconds = time.monotonic() - began
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    came.path.unlink()
    record(
        "evidence-upload", count=1, failures=int(peak > 8 * CHUNK), seconds=seconds,
        bytes=came.size, peak_bytes=peak, mib_per_second=round(came.size / 2**20 / seconds, 1),
    )  # fmt: skip
    assert came.size == 2 * GIBIBYTE
    assert peak <= 8 * CHUNK
