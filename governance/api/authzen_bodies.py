"""Bodies of the AuthZEN interface: read strictly as JSON, leniently in what they hold."""

import hashlib
import json
from typing import Any

from django.core import signing
from django.http import HttpRequest

from governance.api.reading import strict
from governance.domain.authzen import Search, Unreadable, depth_over
from governance.domain.callers import Caller
from governance.errors import BadInput
from governance.queries.searching import Place

MAX_BYTES = 1024 * 1024
MAX_DRAINED = 32 * 1024 * 1024
MAX_DEPTH = 32
TOKEN_SECONDS = 15 * 60
_SALT = "governance.authzen.page"


def body(request: HttpRequest) -> Any:
    """Return the JSON value sent.

    Raises:
        BadInput: not declared as JSON, too long, nested too deeply, or not JSON in one meaning.
    """
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    if request.content_type != "application/json" or charset not in ("utf-8", "utf8"):
        raise BadInput("Send application/json in UTF-8.")
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
        _drain(request)
        raise BadInput(f"More than {MAX_BYTES} bytes.")
    sent = request.body
    if not sent:
        raise BadInput("The body is empty.")
    try:
        value = strict(sent)
    except (ValueError, RecursionError) as error:
        what = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise BadInput(f"This is not JSON: {what[:200]}") from error
    if depth_over(value, MAX_DEPTH):
        raise BadInput(f"Nested more than {MAX_DEPTH} levels deep.")
    return value


def unreadable(error: Unreadable) -> BadInput:
    """Return the refusal of a body as a whole."""
    return BadInput(str(error), pointer=error.pointer)


def start(search: Search, caller: Caller, policy: str) -> Place:
    """Return where the page that ``search`` asks for begins.

    Raises:
        BadInput: the token is not ours, too old, or was made for another search or policy.
    """
    if not search.token:
        return Place(0, "")
    try:
        held = signing.loads(search.token, salt=_SALT, max_age=TOKEN_SECONDS)
    except signing.SignatureExpired as error:
        raise BadInput("This page token is too old: begin again.", pointer="/page/token") from error
    except (signing.BadSignature, ValueError) as error:
        raise BadInput("This page token was not made here.", pointer="/page/token") from error
    if held["h"] != _hash(search, caller):
        raise BadInput("This page token belongs to another search.", pointer="/page/token")
    if held["p"] != policy:
        raise BadInput("The policy has changed: begin again.", pointer="/page/token")
    return Place(held["s"], held["k"])


def token(search: Search, caller: Caller, policy: str, place: Place | None) -> str:
    """Return the token of the page after ``place``: signed (HMAC-SHA-256), with its instant."""
    if place is None:
        return ""
    held = {"h": _hash(search, caller), "p": policy, "s": place.source, "k": place.after}
    return signing.dumps(held, salt=_SALT)


def _hash(search: Search, caller: Caller) -> str:
    same = [caller.slug, search._replace(token="")]
    text = json.dumps(same, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _drain(request: HttpRequest) -> None:
    """Read on, so that the sender gets to see the answer instead of a broken connection."""
    left = MAX_DRAINED
    while left > 0 and (part := request.read(min(left, 64 * 1024))):
        left -= len(part)
