"""Reading a stranger's SBOM in a short-lived child process, so that it can kill only itself."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from partners.bounded import parent
from partners.bounded.parent import ChildFailed
from partners.domain.sboms import Code, Rejected, SbomDocument
from partners.sbom.child import Answer
from partners.sbom.sniffing import refusal

__all__ = ["ChildFailed", "read_isolated"]

WALL_SECONDS = 60.0

_COMMAND: tuple[str, ...] = ("-m", "partners.sbom.child")
_answers = msgspec.msgpack.Decoder(Answer)


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
    try:
        spoken = parent.run(
            [*_COMMAND, str(path.resolve()), str(number)],
            wall_seconds=wall_seconds,
            descriptors=[number],
        )
    except parent.TooComplex:
        raise refusal(
            Code.TOO_COMPLEX,
            "reading it takes more than 60 seconds or 1 GiB",
            remedy="Split the product into several documents.",
        ) from None
    answer = _answers.decode(spoken)
    if answer.document is None:
        raise Rejected(answer.defects, at_least=answer.at_least)
    return answer.document
