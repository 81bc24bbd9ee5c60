"""Public keys and algorithms of signatures: what a value is worth over a message."""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

_SMALLEST_RSA = 2048  # bits


class BrokenError(Exception):
    """The signature does not hold; the text says why."""


def hold(der: bytes, signature: dict[str, Any], message: bytes) -> None:
    """Check the value of ``signature`` over ``message`` with the key ``der``.

    Raises:
        BrokenError: it does not hold, or cannot be read.
    """
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        raise BrokenError("public_key cannot be read") from None
    algorithm = signature.get("algorithm")
    checking = _ALGORITHMS.get(algorithm) if isinstance(algorithm, str) else None
    if checking is None:
        raise BrokenError("algorithm is " + ", ".join(_ALGORITHMS))
    try:
        checking(key, decode(signature.get("value"), urlsafe=True), message)
    except InvalidSignature:
        raise BrokenError("the document is not what was signed") from None


def _ed25519(key: Any, value: bytes, message: bytes) -> None:
    if not isinstance(key, Ed25519PublicKey):
        raise BrokenError("the key is not of this algorithm")
    key.verify(value, message)


def _es256(key: Any, value: bytes, message: bytes) -> None:
    """Check r and s of 32 bytes each, one after the other (RFC 7518, 3.4)."""
    is_p256 = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
    if not is_p256 or len(value) != 64:
        raise BrokenError("the key or the value is not of this algorithm")
    pair = (int.from_bytes(value[:32], "big"), int.from_bytes(value[32:], "big"))
    key.verify(encode_dss_signature(*pair), message, ec.ECDSA(hashes.SHA256()))


def _rs256(key: Any, value: bytes, message: bytes) -> None:
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _SMALLEST_RSA:
        raise BrokenError(f"the key is no RSA key of {_SMALLEST_RSA} bits or more")
    key.verify(value, message, padding.PKCS1v15(), hashes.SHA256())


_ALGORITHMS: dict[str, Callable[[Any, bytes, bytes], None]] = {
    "Ed25519": _ed25519,
    "ES256": _es256,
    "RS256": _rs256,
}


def encode(value: bytes) -> str:
    """Return Base64url without padding (RFC 7515, 2)."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decode(text: Any, *, urlsafe: bool) -> bytes:
    """Decode Base64 in its one form: a second spelling would be a change that goes unseen.

    Raises:
        BrokenError: it is no text, no Base64, or spelled another way.
    """
    name = "value" if urlsafe else "public_key"
    if not isinstance(text, str):
        raise BrokenError(f"{name} is missing")
    try:
        if urlsafe:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            again = encode(raw)
        else:
            text = "".join(text.split())
            raw = base64.b64decode(text, validate=True)
            again = base64.b64encode(raw).decode()
    except (binascii.Error, ValueError):
        raise BrokenError(f"{name} is no Base64") from None
    if again != text:
        raise BrokenError(f"{name} is not spelled in its one form")
    return raw
