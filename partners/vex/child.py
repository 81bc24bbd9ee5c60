"""The process that reads one stranger's VEX document: ``python -m partners.vex.child FILE``.

It limits its own memory and processor time, and knows neither Django nor the database. One msgpack
value on standard output tells the document, or the refusal.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from partners.bounded import child as own
from partners.domain.answers import Document
from partners.domain.sboms import Defect, Rejected
from partners.vex import reader


class Answer(msgspec.Struct):
    """What the child says: exactly one of a document or defects."""

    document: Document | None = None
    defects: tuple[Defect, ...] = ()
    at_least: int = 0


def main(arguments: list[str]) -> int:
    """Read the one file named and write the answer; 0 for both verdicts, 2 for wrong usage."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m partners.vex.child FILE\n")
        return 2
    own.limit()
    try:
        answer = Answer(document=reader.read_file(Path(arguments[0])))
    except Rejected as refused:
        answer = Answer(defects=refused.defects, at_least=refused.at_least)
    sys.stdout.buffer.write(msgspec.msgpack.encode(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
