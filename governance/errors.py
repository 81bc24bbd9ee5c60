"""Refusals that every face answers alike; ``config.problems`` turns them into RFC 9457."""

from collections.abc import Mapping

from governance.domain.decisions import Decision


class WardroomError(Exception):
    """Base of all refusals. ``code`` is stable and part of the API.

    ``headers`` go with the answer where a face speaks HTTP.
    """

    code = "error"
    status = 500
    title = "Something broke here"
    headers: Mapping[str, str] = {}

    @property
    def detail(self) -> str:
        return str(self) or self.title


class CallerUnknown(WardroomError):
    """Who asks for decisions has shown no key or token, or none that counts."""

    code = "caller_unknown"
    status = 401
    title = "Who asks is not known"
    headers = {"WWW-Authenticate": 'Bearer realm="wardroom"'}


class ScopeMissing(WardroomError):
    """The key or token of the caller does not reach this far."""

    code = "scope_missing"
    status = 403
    title = "Outside the scope of this key"
    headers = {"WWW-Authenticate": 'Bearer realm="wardroom", error="insufficient_scope"'}


class TooManyRequests(WardroomError):
    """The caller has used up its requests of this minute."""

    code = "too_many_requests"
    status = 429
    title = "Too many requests"

    def __init__(self, detail: str, *, seconds: int) -> None:
        super().__init__(detail)
        self.headers = {"Retry-After": str(seconds)}


class BadInput(WardroomError):
    """The input cannot be read; ``pointer`` (RFC 6901) or ``line`` says where."""

    code = "bad_input"
    status = 400
    title = "The input cannot be read"

    def __init__(self, detail: str, *, pointer: str = "", line: int | None = None) -> None:
        super().__init__(detail)
        self.pointer = pointer
        self.line = line


class NotAllowed(WardroomError):
    """The policy refuses; ``decision`` says why."""

    code = "not_allowed"
    status = 403
    title = "Not allowed"

    def __init__(self, act: str, ref: str, decision: Decision) -> None:
        super().__init__(f"{act} on {ref}: {decision.sentence()}")
        self.act = act
        self.ref = ref
        self.decision = decision


class NotFound(WardroomError):
    """It does not exist, or not for this actor: both look the same."""

    code = "not_found"
    status = 404
    title = "Not found"


class Conflict(WardroomError):
    """Somebody was faster, or the record is in another state."""

    code = "conflict"
    status = 409
    title = "Conflict"


class Refused(WardroomError):
    """Well-formed and permitted, but against a rule of the field."""

    code = "refused"
    status = 422
    title = "Refused"


class Unavailable(WardroomError):
    """A part that this needs does not answer; trying again later may help."""

    code = "unavailable"
    status = 503
    title = "Not available now"
