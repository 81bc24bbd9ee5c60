"""Signed notes, checkpoints, cosignatures: C2SP signed-note, tlog-checkpoint, tlog-cosignature."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LOG, COSIGNER = 0x01, 0x04
MAX_NOTE = 64 * 1024
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]{1,200}")
_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")


class NoteError(ValueError):
    """The note is malformed, or not signed as it must be."""


def strict_base64(text: str) -> bytes:
    """Decode standard base64 in its one canonical form.

    Raises:
        NoteError: any other form, stray bits and missing padding included.
    """
    try:
        found = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise NoteError("not base64") from error
    if base64.b64encode(found).decode() != text:
        raise NoteError("not canonical base64")
    return found


def strict_number(text: str) -> int:
    """Read a size: ASCII digits without sign or leading zeros.

    Raises:
        NoteError: any other form.
    """
    if not _NUMBER.fullmatch(text):
        raise NoteError(f"not a size: {text[:30]!r}")
    return int(text)


def _key_id(name: str, kind: int, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: which log, how many entries, which root."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        """Return the text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a checkpoint; extension lines are let pass, as the format says.

    Raises:
        NoteError: it is none.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not lines[0] or "" in lines[:-1]:
        raise NoteError("not a checkpoint: origin, size and root, each in a line")
    root = strict_base64(lines[2])
    if len(root) != 32:
        raise NoteError("the root is no SHA-256")
    return Checkpoint(lines[0], strict_number(lines[1]), root)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: whose, by which key, and the bytes after the key id."""

    name: str
    key_id: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A text with its signature lines, unverified."""

    text: str
    signatures: tuple[Signature, ...]


def parse_note(data: str) -> Note:
    """Split a signed note strictly.

    Raises:
        NoteError: control characters, a malformed line, the same key twice, or no signature.
    """
    if len(data.encode()) > MAX_NOTE:
        raise NoteError("the note is too long")
    if any((ord(char) < 0x20 and char != "\n") or ord(char) == 0x7F for char in data):
        raise NoteError("the note holds control characters")
    text, mark, rest = data.rpartition("\n\n")
    if not mark or not rest.endswith("\n"):
        raise NoteError("the note has no signature block")
    found: list[Signature] = []
    for line in rest[:-1].split("\n"):
        signature = parse_line(line)
        if any(one.name == signature.name and one.key_id == signature.key_id for one in found):
            raise NoteError(f"{signature.name} signed twice with one key")
        found.append(signature)
    return Note(text + "\n", tuple(found))


def parse_line(line: str) -> Signature:
    """Read one signature line.

    Raises:
        NoteError: it is malformed.
    """
    match = _LINE.fullmatch(line)
    if match is None:
        raise NoteError("a signature line is malformed")
    raw = strict_base64(match[2])
    if len(raw) < 5:
        raise NoteError("a signature is too short")
    return Signature(match[1], raw[:4], raw[4:])


class Verifier:
    """A public key from its text: ``name+keyid+base64(type || key)``."""

    def __init__(self, vkey: str) -> None:
        """Read it.

        Raises:
            NoteError: it is malformed, of an unknown type, or the id is not the key's.
        """
        name, _, rest = vkey.partition("+")
        key_id, _, key = rest.partition("+")
        raw = strict_base64(key)
        if not _NAME.fullmatch(name) or len(raw) != 33 or raw[0] not in (LOG, COSIGNER):
            raise NoteError("not a verifier key")
        self.vkey, self.name, self.kind, self._public = vkey, name, raw[0], raw[1:]
        self.key_id = _key_id(name, self.kind, self._public)
        if self.key_id.hex() != key_id:
            raise NoteError("the id is not that of the key")
        self._key = Ed25519PublicKey.from_public_bytes(self._public)

    @property
    def public(self) -> bytes:
        """Return the key itself: whoever has two names is still one."""
        return self._public

    def find(self, signatures: Iterable[Signature]) -> Signature | None:
        """Return the line that claims to be of this key."""
        for one in signatures:
            if one.name == self.name and one.key_id == self.key_id:
                return one
        return None

    def verify(self, text: str, signature: Signature) -> int | None:
        """Check ``signature`` on ``text``; return the witness's time (Unix seconds), if any.

        Raises:
            NoteError: it does not hold.
        """
        when, raw, signed = None, signature.data, text.encode()
        if self.kind == COSIGNER:
            if len(raw) != 72:
                raise NoteError("a cosignature has 72 bytes")
            when, raw = int.from_bytes(raw[:8], "big"), raw[8:]
            signed = f"cosignature/v1\ntime {when}\n".encode() + signed
        try:
            self._key.verify(raw, signed)
        except InvalidSignature as error:
            raise NoteError(f"the signature of {self.name} does not hold") from error
        return when


def verify_note(note: Note, verifiers: Sequence[Verifier]) -> dict[str, int | None]:
    """Return the known keys that signed, each with its time if it is a witness.

    Raises:
        NoteError: a known key's signature does not hold, or no known key signed.
    """
    found = {}
    for verifier in verifiers:
        signature = verifier.find(note.signatures)
        if signature is not None:
            found[verifier.vkey] = verifier.verify(note.text, signature)
    if not found:
        raise NoteError("no known key signed the note")
    return found


class _Key:
    kind: int

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError(f"a key cannot be called {name!r}: no spaces and no plus")
        self.name = name
        self._private = private
        self._public = private.public_key().public_bytes_raw()
        self._id = _key_id(name, self.kind, self._public)

    @property
    def vkey(self) -> str:
        """Return the verifier key as text."""
        key = base64.b64encode(bytes([self.kind]) + self._public).decode()
        return f"{self.name}+{self._id.hex()}+{key}"

    def private_text(self) -> str:
        """Return the signing key as one line."""
        key = base64.b64encode(bytes([self.kind]) + self._private.private_bytes_raw()).decode()
        return f"PRIVATE+KEY+{self.name}+{self._id.hex()}+{key}"

    def _line(self, data: bytes) -> str:
        return f"— {self.name} {base64.b64encode(self._id + data).decode()}"


def _read_private(text: str, kind: int) -> tuple[str, Ed25519PrivateKey]:
    words = text.strip().split("+", 4)
    if len(words) != 5 or words[:2] != ["PRIVATE", "KEY"]:
        raise NoteError("not a signing key")
    raw = strict_base64(words[4])
    if len(raw) != 33 or raw[0] != kind:
        raise NoteError("not a signing key of this kind")
    private = Ed25519PrivateKey.from_private_bytes(raw[1:])
    if _key_id(words[2], kind, private.public_key().public_bytes_raw()).hex() != words[3]:
        raise NoteError("the id is not that of the key")
    return words[2], private


class LogKey(_Key):
    """Signs the heads of a log, and what else its keeper vouches for."""

    kind = LOG

    @classmethod
    def generate(cls, name: str) -> "LogKey":
        """Return a new key."""
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def from_private(cls, text: str) -> "LogKey":
        """Read what ``private_text`` wrote.

        Raises:
            NoteError: it is something else.
        """
        return cls(*_read_private(text, cls.kind))

    def sign(self, checkpoint: Checkpoint) -> str:
        """Return the signature line."""
        return self.sign_text(checkpoint.body())

    def sign_text(self, text: str) -> str:
        """Return the signature line on the ``text`` of another note of this log."""
        return self._line(self._private.sign(text.encode()))


class WitnessKey(_Key):
    """Cosigns heads of the logs of others, with the time of the witness's clock."""

    kind = COSIGNER

    @classmethod
    def generate(cls, name: str) -> "WitnessKey":
        """Return a new key."""
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def from_private(cls, text: str) -> "WitnessKey":
        """Read what ``private_text`` wrote.

        Raises:
            NoteError: it is something else.
        """
        return cls(*_read_private(text, cls.kind))

    def cosign(self, text: str, at: int) -> str:
        """Return the signature line on a checkpoint's ``text`` at ``at`` (Unix seconds)."""
        signed = self._private.sign(f"cosignature/v1\ntime {at}\n{text}".encode())
        return self._line(at.to_bytes(8, "big") + signed)


def cosigned_at(line: str, note: str, verifier: Verifier) -> int:
    """Return when the witness cosigned ``note``, checked (Unix seconds).

    Raises:
        NoteError: the line is not a valid cosignature of this witness on this note.
    """
    signature = parse_line(line.rstrip("\n"))
    if verifier.find([signature]) is None:
        raise NoteError(f"not a line of {verifier.name}")
    when = verifier.verify(parse_note(note).text, signature)
    if when is None:
        raise NoteError(f"{verifier.name} is no witness")
    return when
