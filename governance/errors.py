"""Refusals that every face answers alike; ``config.problems`` turns them into RFC 9457."""

from governance.domain.decisions import Decision


class WardroomError(Exception):
    """Base of all refusals. ``code`` is stable and part of the API."""

    code = "error"
    status = 500
    title = "Something broke here"

    @property
    def detail(self) -> str:
        return str(self) or self.title


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
