"""Refusals of the partners app."""

from collections.abc import Iterable

from governance.errors import BadInput, Conflict, Refused, TooManyRequests
from partners.domain.sboms import Defect


class UnreadableFeed(BadInput):
    """The file is no vulnerability feed; nothing of it was taken."""

    code = "unreadable_feed"
    title = "The feed cannot be read"


class ShrunkenFeed(Refused):
    """The file holds far fewer records than the last of its name; nothing was taken."""

    code = "shrunken_feed"
    title = "The feed has shrunk"


class UnreadableSbom(BadInput):
    """The document is refused as a whole; ``defects`` says where and why."""

    code = "unreadable_sbom"
    title = "The SBOM cannot be read"

    def __init__(self, defects: Iterable[Defect], *, at_least: int) -> None:
        self.defects = tuple(defects)
        self.at_least = at_least
        first = self.defects[0]
        place = f"{first.pointer}: " if first.pointer else ""
        more = f" ({at_least - 1} more)" if at_least > 1 else ""
        super().__init__(
            f"{place}{first.detail}{more}. {first.remedy}".strip(), pointer=first.pointer
        )


class TooLarge(BadInput):
    """More bytes than are taken at all."""

    code = "too_large"
    status = 413
    title = "The file is too large"


class TooManyUploads(TooManyRequests):
    """The partner has handed over, or has waiting, as many files as are taken."""

    code = "too_many_uploads"
    title = "Too many files"


class TooManyTests(TooManyRequests):
    """A webhook was sent as many test messages as are sent in an hour."""

    code = "too_many_tests"
    title = "Too many test messages"


class StorageFull(Refused):
    """The partner's files take up all the room that one partner has."""

    code = "storage_full"
    title = "No room for more files"


class SerialVersionReused(Conflict):
    """The document's own serial number and version were used before, for other bytes."""

    code = "serial_version_reused"
    title = "Serial number and version were used before"


class UnreadableVex(BadInput):
    """The document is no VEX document; nothing of it was taken."""

    code = "unreadable_vex"
    title = "The VEX document cannot be read"


class BadWaiver(Refused):
    """The waiver asks for what none may have."""

    code = "bad_waiver"
    title = "Such a waiver cannot be granted"


class OwnWaiver(Refused):
    """Who asked, or agreed already, cannot agree (again)."""

    code = "own_waiver"
    title = "Somebody else must decide"


class BadAnswer(Refused):
    """The answer lacks what it needs to count."""

    code = "bad_answer"
    title = "The answer is not complete"
