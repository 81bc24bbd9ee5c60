"""Signatures of playbooks (CACAO 2.0, 10.15): over the canonical form of the document.

Signed is the document with one signature object, its own, and that without its value: in
canonical form (RFC 8785), hashed, the hex digest being the message. Adding a signature makes
no new version.
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from incidents.cacao import keys
from incidents.cacao.canonical import canonical
from incidents.cacao.faults import Invalid
from incidents.cacao.keys import BrokenError

_HASHES = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}


@dataclass(frozen=True, slots=True)
class Checked:
    """One signature: whether it holds, and of which key.

    ``thumbprint`` is the SHA-256 of the key's DER form in base64url; whom the key belongs to is
    for the reader to know. ``problem`` says why it does not hold, empty when it does.
    """

    id: str
    signee: str
    algorithm: str
    thumbprint: str
    problem: str

    @property
    def holds(self) -> bool:
        return not self.problem


def sign(
    content: dict[str, Any], *, key: Ed25519PrivateKey, signee: str, created_by: str, at: datetime
) -> bytes:
    """Return the document with one more signature, in canonical form.

    Raises:
        Invalid: it holds a number or a text that has no canonical form.
    """
    instant = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    signature: dict[str, Any] = {
        "type": "jss",
        "id": f"jss--{uuid4()}",
        "created_by": created_by,
        "created": instant,
        "modified": instant,
        "signee": signee,
        "related_to": content["id"],
        "related_version": content["modified"],
        "hash_algorithm": "sha-256",
        "algorithm": "Ed25519",
        "public_key": base64.b64encode(der).decode(),
    }
    signature["value"] = keys.encode(key.sign(_message(content, signature)))
    signatures = content.get("signatures", [])
    if not isinstance(signatures, list):
        raise Invalid("list", "/signatures", "signatures is a list")
    return canonical({**content, "signatures": [*signatures, signature]})


def verify(content: dict[str, Any], *, at: datetime) -> list[Checked]:
    """Return what every signature of the document is worth at the instant ``at``."""
    signatures = content.get("signatures", [])
    if not isinstance(signatures, list):
        return [Checked("", "", "", "", "signatures is no list")]
    return [_checked(content, one, at) for one in signatures]


def _checked(content: dict[str, Any], signature: Any, at: datetime) -> Checked:
    if not isinstance(signature, dict):
        return Checked("", "", "", "", "no signature object")
    said = [str(signature.get(name, ""))[:200] for name in ("id", "signee", "algorithm")]
    thumbprint, problem = "", ""
    try:
        der = keys.decode(signature.get("public_key"), urlsafe=False)
        thumbprint = keys.encode(hashlib.sha256(der).digest())
        _about(content, signature, at)
        keys.hold(der, signature, _message(content, signature))
    except (BrokenError, Invalid) as broken:
        problem = str(broken)
    return Checked(said[0], said[1], said[2], thumbprint, problem)


def _message(content: dict[str, Any], signature: dict[str, Any]) -> bytes:
    named = signature.get("hash_algorithm")
    hashing = _HASHES.get(named) if isinstance(named, str) else None
    if hashing is None:
        raise BrokenError("hash_algorithm is sha-256 or sha-512")
    bare = {name: value for name, value in signature.items() if name != "value"}
    covered = canonical({**content, "signatures": [bare]})
    return hashing(covered).hexdigest().encode()


def _about(content: dict[str, Any], signature: dict[str, Any], at: datetime) -> None:
    """Check that the signature is for this version, and in force."""
    if signature.get("type") != "jss":
        raise BrokenError("the type is jss")
    if signature.get("revoked") is True:
        raise BrokenError("revoked by whoever made it")
    if signature.get("related_to") != content.get("id"):
        raise BrokenError("made for another playbook")
    if signature.get("related_version") != content.get("modified"):
        raise BrokenError("made for another version")
    since, until = (_instant(signature, name) for name in ("valid_from", "valid_until"))
    if since is not None and at < since:
        raise BrokenError("not valid yet")
    if until is not None and at >= until:
        raise BrokenError("not valid any more")


def _instant(signature: dict[str, Any], name: str) -> datetime | None:
    if name not in signature:
        return None
    try:
        found = datetime.fromisoformat(signature[name])
    except (TypeError, ValueError):
        raise BrokenError(f"{name} is no timestamp") from None
    if found.tzinfo is None:
        raise BrokenError(f"{name} has no time zone")
    return found
