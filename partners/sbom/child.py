"""The process that reads one stranger's document: ``python -m partners.sbom.child FILE``.

It limits its own memory and processor time, knows neither Django nor the database, and writes one
msgpack value to standard output: the document, or the refusal.
"""

from __future__ import annotations

import gc
import resource
import sys
from pathlib import Path

import msgspec

from partners.domain.sboms import Defect, Rejected, SbomDocument
from partners.sbom import reader

MEMORY_BYTES = 2**30
PROCESSOR_SECONDS = 60


class Answer(msgspec.Struct):
    """What the child says: exactly one of a document or defects."""

    document: SbomDocument | None = None
    defects: tuple[Defect, ...] = ()
    at_least: int = 0


def main(arguments: list[str]) -> int:
    """Read the one file named and write the answer; 0 for both verdicts, 2 for wrong usage."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m partners.sbom.child FILE\n")
        return 2
    _limit(resource.RLIMIT_AS, MEMORY_BYTES)
    _limit(resource.RLIMIT_CPU, PROCESSOR_SECONDS)
    gc.disable()  # everything lives until the end; collecting would only walk it again and again
    try:
        answer = Answer(document=reader.read_file(Path(arguments[0])))
    except Rejected as refused:
        answer = Answer(defects=refused.defects, at_least=refused.at_least)
    sys.stdout.buffer.write(msgspec.msgpack.encode(answer))
    return 0


def _limit(kind: int, value: int) -> None:
    """Lower a limit; macOS refuses some, where the wall clock of the parent must do."""
    try:
        _, hard = resource.getrlimit(kind)
        ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (ceiling, hard))
    except (ValueError, OSError):
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
