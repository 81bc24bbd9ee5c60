"""Reading a stranger's VEX document in a short-lived child process of its own."""

from __future__ import annotations

from pathlib import Path

import msgspec

from partners.bounded import parent
from partners.domain.answers import Document
from partners.domain.sboms import Code, Rejected
from partners.vex.child import Answer
from partners.vex.shape import BadVex

WALL_SECONDS = 60.0

_COMMAND: tuple[str, ...] = ("-m", "partners.vex.child")
_answers = msgspec.msgpack.Decoder(Answer)


def read_isolated(path: Path) -> Document:
    """Read the file at ``path`` in ``partners.vex.child``.

    Raises:
        FileNotFoundError: there is no such file.
        Rejected: the reader refused it, or the child ran into a limit (``too_complex``).
        ChildFailed: the child failed for a reason that is ours.
    """
    if not path.is_file():
        raise FileNotFoundError(path)
    try:
        spoken = parent.run([*_COMMAND, str(path.resolve())], wall_seconds=WALL_SECONDS)
    except parent.TooComplex:
        raise BadVex(
            "Reading it takes more than 60 seconds or 1 GiB.", code=Code.TOO_COMPLEX
        ) from None
    answer = _answers.decode(spoken)
    if answer.document is None:
        raise Rejected(answer.defects, at_least=answer.at_least)
    return answer.document
