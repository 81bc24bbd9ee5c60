"""The exported result of an access review, checked against the log without database or network.

The document gives its digest, the digest stands in the body of a log entry, the entry's leaf
holds the salted digest of that body, and the proof shows the leaf under a head that the log and
its witnesses signed. ``python -m governance.tlog.review_file FILE`` does it on any computer.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from governance.tlog.notes import NoteError, Verifier
from governance.tlog.proofs import check_proof, parse_proof
from governance.tlog.tree import ProofError, leaf_hash

ACT = "governance:review:close"
MOST_BYTES = 256 * 2**20


class NotProven(ValueError):
    """The file does not hold together, or the log does not hold what it says."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a file proves. Without a proof yet, only that it holds together."""

    sha256: str
    quarter: str
    items: int
    index: int | None

    @property
    def is_proven(self) -> bool:
        """Return whether a witnessed head of the log stands over it."""
        return self.index is not None


def verify(
    text: str,
    *,
    origin: str,
    log_keys: Sequence[str],
    witness_keys: Sequence[str],
    quorum: int = 1,
) -> Found:
    """Check the file ``text``; keys are written as in ``audit_keys list``.

    Raises:
        NotProven: it was changed, or the log does not prove it.
    """
    try:
        file = json.loads(text)
        entry, document = file["entry"], str(file["document"])
        leaf, salt = bytes.fromhex(entry["leaf_data"]), bytes.fromhex(entry["salt"])
        body, told, inside = str(entry["body"]), json.loads(leaf), json.loads(document)
        said = json.loads(body)
    except (KeyError, TypeError, ValueError) as error:
        raise NotProven(f"this is no exported review: {error}") from error
    digest = hashlib.sha256(document.encode()).hexdigest()
    _same(digest, file.get("sha256"), "the document has another digest than the file says")
    _same(digest, said.get("sha256"), "the log's entry holds the digest of another document")
    _same(
        hashlib.sha256(salt + body.encode()).hexdigest(),
        told.get("body_sha256"),
        "the body is not the one that the leaf seals",
    )
    _same(told.get("act"), ACT, "the entry is about something else")
    _same(told.get("object"), inside["review"]["ref"], "the entry is about another review")
    index = None
    if file.get("proof"):
        index = _index(str(file["proof"]), leaf, origin, log_keys, witness_keys, quorum)
    return Found(digest, str(inside["review"]["quarter"]), len(inside["items"]), index)


def _same(one: object, other: object, problem: str) -> None:
    if one != other:
        raise NotProven(problem)


def _index(
    text: str,
    leaf: bytes,
    origin: str,
    log_keys: Sequence[str],
    witness_keys: Sequence[str],
    quorum: int,
) -> int:
    try:
        proof = parse_proof(text)
        check_proof(
            proof,
            leaf_hash(leaf),
            origin=origin,
            log_keys=[Verifier(key) for key in log_keys],
            witnesses=[Verifier(key) for key in witness_keys],
            quorum=quorum,
        )
    except (ProofError, NoteError) as error:
        raise NotProven(str(error)) from error
    return proof.index


def main(argv: list[str] | None = None) -> int:
    """Check one exported review.

    Exit 0 proven, 1 not, 2 it holds together but is not witnessed yet.
    """
    parser = argparse.ArgumentParser(prog="review_file", description=main.__doc__)
    parser.add_argument("file", type=Path, help="the export")
    parser.add_argument("--origin", required=True, help="name of the log")
    parser.add_argument("--vkey", required=True, action="append", help="a key of the log")
    parser.add_argument("--witness", required=True, action="append", help="a key of a witness")
    parser.add_argument("--quorum", type=int, default=1, help="how many witnesses must have signed")
    args = parser.parse_args(argv)
    try:
        if args.file.stat().st_size > MOST_BYTES:
            raise NotProven("the file is too large for a review")
        found = verify(
            args.file.read_text(encoding="utf-8"),
            origin=args.origin,
            log_keys=args.vkey,
            witness_keys=args.witness,
            quorum=args.quorum,
        )
    except (NotProven, OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"not proven: {error}\n")
        return 1
    told = "proven" if found.is_proven else "whole, but no witness has signed yet"
    sys.stdout.write(f"{told}: {found.quarter}, {found.items} accesses, sha256 {found.sha256}\n")
    return 0 if found.is_proven else 2


if __name__ == "__main__":
    sys.exit(main())
