"""Receipts that can be checked offline: C2SP tlog-proof."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from governance.tlog.notes import (
    COSIGNER,
    LOG,
    MAX_NOTE,
    Checkpoint,
    NoteError,
    Verifier,
    parse_checkpoint,
    parse_note,
    strict_base64,
    strict_number,
    verify_note,
)
from governance.tlog.tree import ProofError, verify_inclusion

FIRST_LINE = "c2sp.org/tlog-proof@v1"
MAX_HASHES = 63


@dataclass(frozen=True, slots=True)
class Proof:
    """That an entry stands at ``index`` of the log whose cosigned head is ``note``.

    ``hashes`` lead from the entry to the root. ``extra`` is context that nothing vouches for.
    """

    index: int
    hashes: tuple[bytes, ...]
    note: str
    extra: bytes | None = None


def format_proof(proof: Proof) -> str:
    """Return the text of a ``.tlog-proof`` file.

    Raises:
        ProofError: it has more than 63 hashes, or one that is no SHA-256.
    """
    if len(proof.hashes) > MAX_HASHES or any(len(one) != 32 for one in proof.hashes):
        raise ProofError(f"a proof has at most {MAX_HASHES} hashes of 32 bytes")
    lines = [FIRST_LINE]
    if proof.extra is not None:
        lines.append(f"extra {base64.b64encode(proof.extra).decode()}")
    lines.append(f"index {proof.index}")
    lines += [base64.b64encode(one).decode() for one in proof.hashes]
    return "\n".join([*lines, "", proof.note])


def parse_proof(text: str) -> Proof:
    """Read a ``.tlog-proof`` file; nothing in it is verified yet.

    Raises:
        ProofError: it is malformed, or holds more than 63 hashes.
    """
    if len(text) > 2 * MAX_NOTE:
        raise ProofError("the proof is too long")
    head, mark, note = text.partition("\n\n")
    lines = head.split("\n")
    if not mark or lines.pop(0) != FIRST_LINE:
        raise ProofError(f"a proof begins with {FIRST_LINE} and holds a checkpoint")
    try:
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = strict_base64(lines.pop(0).removeprefix("extra "))
        if not lines or not lines[0].startswith("index "):
            raise ProofError("the index is missing")
        index = strict_number(lines.pop(0).removeprefix("index "))
        if len(lines) > MAX_HASHES:
            raise ProofError(f"a proof has at most {MAX_HASHES} hashes")
        hashes = tuple(strict_base64(line) for line in lines)
        parse_checkpoint(parse_note(note).text)
    except NoteError as error:
        raise ProofError(str(error)) from error
    if any(len(one) != 32 for one in hashes):
        raise ProofError("a hash of the proof is no SHA-256")
    return Proof(index, hashes, note, extra)


def check_proof(
    proof: Proof,
    leaf: bytes,
    *,
    origin: str,
    log_keys: Sequence[Verifier],
    witnesses: Sequence[Verifier],
    quorum: int,
) -> Checkpoint:
    """Check that ``proof`` shows the leaf hash in the log ``origin``; return the head.

    One of ``log_keys`` and ``quorum`` of ``witnesses`` must have signed, and no line of a
    key known here may be false.

    Raises:
        ProofError: it does not.
    """
    if any(key.kind != LOG for key in log_keys) or any(one.kind != COSIGNER for one in witnesses):
        raise ValueError("log keys sign logs, witness keys cosign them")
    try:
        note = parse_note(proof.note)
        head = parse_checkpoint(note.text)
        signed = verify_note(note, [*log_keys, *witnesses])
    except NoteError as error:
        raise ProofError(str(error)) from error
    if head.origin != origin:
        raise ProofError(f"the proof is of the log {head.origin}")
    if not any(key.vkey in signed for key in log_keys):
        raise ProofError("the log did not sign the head")
    ours = {key.public for key in log_keys}
    cosigned = {one.public for one in witnesses if one.vkey in signed} - ours
    if len(cosigned) < quorum:
        raise ProofError(f"{len(cosigned)} witnesses signed, {quorum} are wanted")
    verify_inclusion(leaf, proof.index, head.size, proof.hashes, head.root)
    return head
