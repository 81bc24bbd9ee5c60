"""Hostile documents: each gets its own clear answer, in time, and in memory that was granted."""

import os
import resource
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


@pytest.mark.parametrize("name", HOSTILE)
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
def test_all_of_them_in_a_child() -> None:
    """Evidence: the greatest memory and the longest time over the whole corpus."""
    begun = time.monotonic()
    folder = Path(os.environ.get("TMPDIR", "/tmp"))
    figures = [in_child(name, folder) for name in HOSTILE]
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


def in_child(name: str, folder: Path) -> tuple[float, int]:
    """Read one in a process of its own; return its seconds and KiB."""
    case = HOSTILE[name]
    path = folder / f"hostile-{os.getpid()}"
    path.write_bytes(case.make())
    begun = time.monotonic()
    try:
        with (folder / f"rows-{os.getpid()}").open("w+b") as rows:
            child = subprocess.Popen(
                [sys.executable, "-m", "partners.sbom.child", str(path), str(rows.fileno())],
                cwd=Path(partners.__file__).parent.parent,
                stdout=subprocess.PIPE,
                pass_fds=[rows.fileno()],
            )
            assert child.stdout is not None
            said = child.stdout.read()
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            child.stdout.close()
    finally:
        path.unlink()
        (folder / f"rows-{os.getpid()}").unlink(missing_ok=True)
    seconds = time.monotonic() - begun
    assert child.returncode == 0, name
    answer = msgspec.msgpack.decode(said, type=Answer)
    assert (answer.document is None) == (case.code is not None), name
    assert {one.code for one in answer.defects} <= {case.code}, name
    assert seconds < SECONDS, name
    memory = usage.ru_maxrss // (1 if sys.platform != "darwin" else 1024)
    assert memory < MEMORY_KIB, name
    return seconds, memory


def test_the_limits_of_the_child_are_its_own() -> None:
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY
