"""The process that reads one stranger's document: ``python -m partners.sbom.child FILE ROWS``.

It limits its own memory and processor time, and knows neither Django nor the database. Components
go as rows to the file descriptor ROWS as they are read; at the end one msgpack value on standard
output tells the document, or the refusal, after which the rows mean nothing.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from partners.bounded import child as own
from partners.domain.sboms import Defect, Rejected, SbomDocument
from partners.sbom import reader
from partners.sbom.rows import Rows


class Answer(msgspec.Struct):
    """What the child says: exactly one of a document or defects."""

    document: SbomDocument | None = None
    defects: tuple[Defect, ...] = ()
    at_least: int = 0


def main(arguments: list[str]) -> int:
    """Read the one file named and write the answer; 0 for both verdicts, 2 for wrong usage."""
    if len(arguments) != 2 or not arguments[1].isdigit():
        sys.stderr.write("usage: python -m partners.sbom.child FILE ROWS\n")
        return 2
    own.limit()
    try:
        with open(int(arguments[1]), "wb") as file:  # noqa: PTH123 - a descriptor, no path
            rows = Rows(file)
            answer = Answer(document=reader.read_file(Path(arguments[0]), take=rows.take))
            rows.flush()
    except Rejected as refused:
        answer = Answer(defects=refused.defects, at_least=refused.at_least)
    sys.stdout.buffer.write(msgspec.msgpack.encode(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
