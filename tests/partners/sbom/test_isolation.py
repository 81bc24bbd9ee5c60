"""A child that reads, one that refuses, and ones that are killed."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from partners.domain.sboms import Code, Rejected, SbomDocument
from partners.sbom import isolation
from partners.sbom.isolation import ChildFailed, read_isolated
from partners.sbom.reader import read_file
from partners.sbom.rows import COLUMNS
from tests.shared import shared


def reading(path: Path, wall_seconds: float = 60) -> tuple[SbomDocument, bytes]:
    with read_isolated(path, wall_seconds=wall_seconds) as (document, rows):
        return document, rows.read()


def test_the_child_reads_what_the_reader_reads() -> None:
    path = shared("sbom/union-real-components.cdx.json")
    document, rows = reading(path)
    whole = read_file(path)
    assert replace(whole, components=()) == document
    listed = [line.split("\t") for line in rows.decode().splitlines()]
    assert len(listed) == 6_401
    assert {len(fields) for fields in listed} == {len(COLUMNS)}
    assert [fields[1] for fields in listed] == [one.identity.digest() for one in whole.components]


def test_a_refusal_comes_through_whole(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b'{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":1}]}')
    with pytest.raises(Rejected) as caught:
        reading(path)
    assert {one.pointer for one in caught.value.defects} == {"/components/0", "/components/0/type"}
    assert caught.value.at_least == len(caught.value.defects)


def test_300_mb_of_zeros_are_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "zeros"
    with path.open("wb") as file:
        os.truncate(file.fileno(), 300 * 2**20)
    started = time.monotonic()
    with pytest.raises(Rejected) as caught:
        reading(path)
    assert caught.value.defects[0].code is Code.TOO_LARGE
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("words", ["MemoryError", "memory allocation of 7 bytes failed"])
def test_a_child_that_runs_out_of_memory_kills_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """It says so in one of two ways, whether Python asked for memory or a compiled library."""
    monkeypatch.setattr(
        isolation, "_COMMAND", ("-c", f"import sys; sys.stderr.write({words!r}); sys.exit(1)")
    )
    with pytest.raises(Rejected) as caught:
        reading(a_file(tmp_path))
    assert caught.value.defects[0].code is Code.TOO_COMPLEX


def test_a_child_that_is_killed_refuses_the_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolation, "_COMMAND", ("-c", "import os; os.kill(os.getpid(), 9)"))
    with pytest.raises(Rejected):
        reading(a_file(tmp_path))


def test_a_fault_of_ours_is_not_the_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolation, "_COMMAND", ("-c", "raise ValueError('ours')"))
    with pytest.raises(ChildFailed, match="ours"):
        reading(a_file(tmp_path))


def a_file(folder: Path) -> Path:
    path = folder / "x"
    path.write_bytes(b"{}")
    return path


def test_a_child_that_takes_too_long_is_ended() -> None:
    with pytest.raises(Rejected) as caught:
        reading(shared("sbom/union-real-components.cdx.json"), wall_seconds=0.01)
    assert caught.value.defects[0].code is Code.TOO_COMPLEX


def test_a_missing_file_is_no_refusal(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        reading(tmp_path / "nothing")


def test_the_child_loads_no_django() -> None:
    code = "import partners.sbom.child, sys; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_child_explains_its_usage() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "partners.sbom.child"], capture_output=True, check=False
    )
    assert ran.returncode == 2
    assert b"usage" in ran.stderr
