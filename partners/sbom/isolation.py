"""Reading a stranger's document in a short-lived child process, so that it can kill only itself."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

import partners
from partners.domain.sboms import Code, Rejected, SbomDocument
from partners.sbom.child import Answer
from partners.sbom.sniffing import refusal

WALL_SECONDS = 60.0

_COMMAND: tuple[str, ...] = ("-m", "partners.sbom.child")
_ROOT = Path(partners.__file__).parent.parent
_answers = msgspec.msgpack.Decoder(Answer)


class ChildFailed(RuntimeError):
    """The child could not do its work for a reason that is ours, not the document's."""


@contextmanager
def read_isolated(
    path: Path, *, wall_seconds: float = WALL_SECONDS
) -> Iterator[tuple[SbomDocument, BinaryIO]]:
    """Read the file at ``path`` in ``partners.sbom.child``.

    Yields the document without its components, and these as rows (see ``partners.sbom.rows``).

    Raises:
        FileNotFoundError: there is no such file.
        Rejected: the reader refused it, or the child ran into a limit or died of it
            (``too_complex``); trying again gives the same answer.
        ChildFailed: the child failed in an orderly way for another reason.
    """
    if not path.is_file():
        raise FileNotFoundError(path)
    with tempfile.TemporaryFile() as rows:
        document = _read(path, rows, wall_seconds)
        rows.seek(0)
        yield document, rows


def _read(path: Path, rows: BinaryIO, wall_seconds: float) -> SbomDocument:
    number = rows.fileno()
    with tempfile.TemporaryFile() as spoken, tempfile.TemporaryFile() as complaint:
        try:
            status = subprocess.run(
                [sys.executable, *_COMMAND, str(path.resolve()), str(number)],
                cwd=_ROOT,
                stdin=subprocess.DEVNULL,
                stdout=spoken,
                stderr=complaint,
                pass_fds=[number],
                timeout=wall_seconds,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            raise _too_complex() from None
        complaint.seek(0)
        words = complaint.read(64 * 2**10)
        if status < 0 or b"MemoryError" in words or b"memory allocation" in words:
            raise _too_complex()
        if status != 0:
            raise ChildFailed(words.decode("utf-8", "replace").strip()[-500:])
        spoken.seek(0)
        answer = _answers.decode(spoken.read())
    if answer.document is None:
        raise Rejected(answer.defects, at_least=answer.at_least)
    return answer.document


def _too_complex() -> Rejected:
    return refusal(
        Code.TOO_COMPLEX,
        "reading it takes more than 60 seconds or 1 GiB",
        remedy="Split the product into several documents.",
    )
