"""Hostile documents: each gets its own clear answer, in time, and in memory that was granted."""

import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

import partners
from partners.domain.sboms import MAX_LISTED, Rejected
from partners.sbom.child import Answer
from partners.sbom.reader import read
from tests import evidence
from tests.builders.sboms import HOSTILE, Hostile

SECONDS = 5
MEMORY_KIB = 256 * 2**10
HARMLESS = ("a ring of 5,000", "50,000 attributes")
LARGE = [name for name in HOSTILE if "MiB" in name or "bomb" in name or "laughs" in name]


def test_the_corpus_is_large_enough() -> None:
    assert len(HOSTILE) >= 100


@pytest.mark.parametrize("name", [name for name in HOSTILE if name not in LARGE])
def test_each_is_answered_by_name_and_in_time(name: str) -> None:
    case = HOSTILE[name]
    body = case.make()
    begun = time.process_time()
    try:
        document = read(body)
    except Rejected as refused:
        check_refusal(case, refused)
    else:
        assert case.code is None
        assert document.received_count == len(document.components)
        doubts = document.warnings_count + document.quarantined_count
        assert doubts or name in HARMLESS
    assert time.process_time() - begun < SECONDS


def check_refusal(case: Hostile, refused: Rejected) -> None:
    assert {one.code for one in refused.defects} == {case.code}
    assert len(refused.defects) <= MAX_LISTED
    assert refused.at_least >= len(refused.defects) >= 1
    for one in refused.defects:
        assert len(one.pointer) <= 500
        assert 0 < len(one.detail) <= 500
        assert "secret" not in one.detail + one.remedy
        assert "root:" not in one.detail


@pytest.mark.parametrize("name", LARGE)
def test_large_ones_stay_within_memory(name: str, tmp_path: Path) -> None:
    in_child(name, tmp_path)


@pytest.mark.soak
def test_all_of_them_in_a_child(tmp_path: Path) -> None:
    """Evidence: the greatest memory and the longest time over the whole corpus."""
    begun = time.monotonic()
    figures = [in_child(name, tmp_path) for name in HOSTILE]
    evidence.record(
        "hostile-sboms",
        count=len(HOSTILE),
        failures=0,
        seconds=time.monotonic() - begun,
        seed=None,
        **{
            "longest [s]": round(max(seconds for seconds, _ in figures), 3),
            "most memory [MiB]": round(max(memory for _, memory in figures) / 2**10, 1),
        },
    )


# What getrusage tells of a child begins with the size of whoever started it.
CHILD = """
import sys
import time
from partners.sbom import child
status = child.main(sys.argv[1:])
sys.stderr.write(open("/proc/self/status").read())
sys.stderr.write(f"Seconds: {time.process_time()}")
sys.exit(status)
"""


def in_child(name: str, folder: Path) -> tuple[float, int]:
    """Read one in a process of its own; return its seconds of processor time, and KiB."""
    case = HOSTILE[name]
    path = folder / "hostile"
    path.write_bytes(case.make())
    with (folder / "rows").open("w+b") as rows:
        ran = subprocess.run(
            [sys.executable, "-c", CHILD, str(path), str(rows.fileno())],
            cwd=Path(partners.__file__).parent.parent,
            capture_output=True,
            pass_fds=[rows.fileno()],
            check=True,
        )
    answer = msgspec.msgpack.decode(ran.stdout, type=Answer)
    assert (answer.document is None) == (case.code is not None), name
    assert {one.code for one in answer.defects} <= {case.code}, name
    told = dict(line.split(":", 1) for line in ran.stderr.decode().splitlines() if ":" in line)
    seconds, memory = float(told["Seconds"]), int(told["VmHWM"].split()[0])
    assert seconds < SECONDS, name
    assert memory < MEMORY_KIB, name
    return seconds, memory
