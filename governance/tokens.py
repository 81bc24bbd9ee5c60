"""Tokens of issuers outside (JWT, RFC 7519), and the key sets that verify them (RFC 7517).

The only file that knows PyJWT. Asymmetric signatures alone count: neither ``none`` nor a
shared secret does, whatever a token or a key says of itself.
"""

import json
import logging
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import jwt
from django.conf import settings

from governance.errors import BadInput, Unavailable

log = logging.getLogger(__name__)

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
LEEWAY_SECONDS = 30
KEPT_SECONDS = 600
STALE_SECONDS = 24 * 3600
"""So long a key set goes on counting while its address does not answer."""
AGAIN_SECONDS = 30
"""A key that is not in the set makes us look again, but not more often than this."""
MAX_BYTES = 256 * 1024


class BadToken(ValueError):
    """The token does not prove anything."""


@dataclass(frozen=True, slots=True)
class _Kept:
    keys: dict[str, jwt.PyJWK]
    read_at: float
    version: tuple[int, int]


_kept: dict[str, _Kept] = {}
_reading = Lock()


def issuer_of(token: str) -> str:
    """Return who claims to have issued ``token``; nothing is verified yet.

    Raises:
        BadToken: it is no token, or names no issuer.
    """
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise BadToken("not a token") from error
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or not issuer:
        raise BadToken("no issuer")
    return issuer


def verify(token: str, *, issuer: str, audience: str, location: str) -> dict[str, Any]:
    """Return the claims of ``token``, once everything about it holds.

    Raises:
        BadToken: signature, issuer, audience or time do not hold, or its key is not known.
        Unavailable: the key set cannot be read.
    """
    try:
        key = _key(location, jwt.get_unverified_header(token).get("kid"))
        claims: dict[str, Any] = jwt.decode(
            token,
            key=key,
            algorithms=ALGORITHMS,
            issuer=issuer,
            audience=audience,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iss", "aud"]},
        )
    except jwt.PyJWTError as error:
        raise BadToken(str(error)) from error
    return claims


def check_location(location: str) -> None:
    """Refuse key sets outside the folder and the hosts that the operator listed.

    Raises:
        BadInput: neither a plain file name nor an address at a listed host.
    """
    if location.startswith("https://"):
        parts = urlsplit(location)
        if parts.hostname not in settings.JWKS_HOSTS or parts.username:
            raise BadInput(f"{parts.hostname} is not among JWKS_HOSTS.", pointer="/jwks")
    elif not location or Path(location).name != location or location.startswith("."):
        raise BadInput("A key set is a file in JWKS_DIR or an https address.", pointer="/jwks")


def _key(location: str, kid: object) -> jwt.PyJWK:
    found = _keys(location, older_than=KEPT_SECONDS)
    if kid is None and len(found) == 1:
        return next(iter(found.values()))
    if kid not in found:
        found = _keys(location, older_than=AGAIN_SECONDS)
    if not isinstance(kid, str) or kid not in found:
        raise BadToken("signed with a key that is not in the issuer's set")
    return found[kid]


def _keys(location: str, *, older_than: float) -> dict[str, jwt.PyJWK]:
    """Return the keys at ``location`` by id, read anew when the copy is too old."""
    try:
        check_location(location)
    except BadInput as error:
        raise Unavailable(error.detail) from error
    is_remote = location.startswith("https://")
    version = (0, 0) if is_remote else _version(settings.JWKS_DIR / location)
    kept, now = _kept.get(location), time.monotonic()
    if kept and kept.version == version and (not is_remote or now - kept.read_at < older_than):
        return kept.keys
    with _reading:
        kept = _kept.get(location)
        if kept and kept.version == version and (not is_remote or now - kept.read_at < older_than):
            return kept.keys
        try:
            text = _fetched(location) if is_remote else _read(settings.JWKS_DIR / location)
            keys = _parsed(text)
        except (OSError, ValueError, jwt.PyJWTError) as error:
            if is_remote and kept and now - kept.read_at < STALE_SECONDS:
                log.warning("key set %s: %s; the last one still counts", location, error)
                return kept.keys
            raise Unavailable(f"The key set {location} cannot be read.") from error
        _kept[location] = _Kept(keys, now, version)
    return keys


def _version(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise Unavailable(f"The key set {path.name} cannot be read.") from error
    return found.st_mtime_ns, found.st_size


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES)


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nobody elsewhere: the list of hosts would not hold there."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _fetched(address: str) -> bytes:
    opener = urllib.request.build_opener(_Stay)
    with opener.open(address, timeout=5) as answer:
        found: bytes = answer.read(MAX_BYTES)
    return found


def _parsed(text: bytes) -> dict[str, jwt.PyJWK]:
    document = json.loads(text)
    rows = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise ValueError("not a key set")
    keys = {}
    for row in rows:
        if not isinstance(row, dict) or row.get("kty") == "oct" or row.get("use") == "enc":
            continue
        try:
            keys[str(row.get("kid", ""))] = jwt.PyJWK(row)
        except jwt.PyJWTError as error:
            log.warning("a key of a set is not understood and left out: %s", error)
    return keys
