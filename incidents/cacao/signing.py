"""Signatures of playbooks (CACAO 2.0, 10.15): over the canonical form of the document.

Signed is the document with one signature object, its own, and that without its value: in
canonical form (RFC 8785), hashed, the hex digest being the message. Adding a signature makes
no new version.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from incidents.cacao.canonical import canonical
from incidents.cacao.faults import Invalid

_HASHES = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
_SMALLEST_RSA = 2048  # bits


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


class _BrokenError(Exception):
    """The signature does not hold; the text says why."""


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
    signature["value"] = _encode(key.sign(_message(content, signature)))
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
        der = _decode(signature.get("public_key"), urlsafe=False)
        thumbprint = _encode(hashlib.sha256(der).digest())
        _about(content, signature, at)
        _hold(der, signature, _message(content, signature))
    except (_BrokenError, Invalid) as broken:
        problem = str(broken)
    return Checked(said[0], said[1], said[2], thumbprint, problem)


def _message(content: dict[str, Any], signature: dict[str, Any]) -> bytes:
    named = signature.get("hash_algorithm")
    hashing = _HASHES.get(named) if isinstance(named, str) else None
    if hashing is None:
        raise _BrokenError("hash_algorithm is sha-256 or sha-512")
    bare = {name: value for name, value in signature.items() if name != "value"}
    covered = canonical({**content, "signatures": [bare]})
    return hashing(covered).hexdigest().encode()


def _about(content: dict[str, Any], signature: dict[str, Any], at: datetime) -> None:
    """Check that the signature is for this version, and in force."""
    if signature.get("type") != "jss":
        raise _BrokenError("the type is jss")
    if signature.get("revoked") is True:
        raise _BrokenError("revoked by whoever made it")
    if signature.get("related_to") != content.get("id"):
        raise _BrokenError("made for another playbook")
    if signature.get("related_version") != content.get("modified"):
        raise _BrokenError("made for another version")
    since, until = (_instant(signature, name) for name in ("valid_from", "valid_until"))
    if since is not None and at < since:
        raise _BrokenError("not valid yet")
    if until is not None and at >= until:
        raise _BrokenError("not valid any more")


def _instant(signature: dict[str, Any], name: str) -> datetime | None:
    if name not in signature:
        return None
    try:
        found = datetime.fromisoformat(signature[name])
    except (TypeError, ValueError):
        raise _BrokenError(f"{name} is no timestamp") from None
    if found.tzinfo is None:
        raise _BrokenError(f"{name} has no time zone")
    return found


def _hold(der: bytes, signature: dict[str, Any], message: bytes) -> None:
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        raise _BrokenError("public_key cannot be read") from None
    algorithm = signature.get("algorithm")
    checking = _ALGORITHMS.get(algorithm) if isinstance(algorithm, str) else None
    if checking is None:
        raise _BrokenError("algorithm is " + ", ".join(_ALGORITHMS))
    try:
        checking(key, _decode(signature.get("value"), urlsafe=True), message)
    except InvalidSignature:
        raise _BrokenError("the document is not what was signed") from None


def _ed25519(key: Any, value: bytes, message: bytes) -> None:
    if not isinstance(key, Ed25519PublicKey):
        raise _BrokenError("the key is not of this algorithm")
    key.verify(value, message)


def _es256(key: Any, value: bytes, message: bytes) -> None:
    """Check r and s of 32 bytes each, one after the other (RFC 7518, 3.4)."""
    is_p256 = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
    if not is_p256 or len(value) != 64:
        raise _BrokenError("the key or the value is not of this algorithm")
    pair = (int.from_bytes(value[:32], "big"), int.from_bytes(value[32:], "big"))
    key.verify(encode_dss_signature(*pair), message, ec.ECDSA(hashes.SHA256()))


def _rs256(key: Any, value: bytes, message: bytes) -> None:
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _SMALLEST_RSA:
        raise _BrokenError(f"the key is no RSA key of {_SMALLEST_RSA} bits or more")
    key.verify(value, message, padding.PKCS1v15(), hashes.SHA256())


_ALGORITHMS: dict[str, Callable[[Any, bytes, bytes], None]] = {
    "Ed25519": _ed25519,
    "ES256": _es256,
    "RS256": _rs256,
}


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _decode(text: Any, *, urlsafe: bool) -> bytes:
    """Decode Base64 in its one form: a second spelling would be a change that goes unseen."""
    name = "value" if urlsafe else "public_key"
    if not isinstance(text, str):
        raise _BrokenError(f"{name} is missing")
    try:
        if urlsafe:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            again = _encode(raw)
        else:
            text = "".join(text.split())
            raw = base64.b64decode(text, validate=True)
            again = base64.b64encode(raw).decode()
    except (binascii.Error, ValueError):
        raise _BrokenError(f"{name} is no Base64") from None
    if again != text:
        raise _BrokenError(f"{name} is not spelled in its one form")
    return raw
