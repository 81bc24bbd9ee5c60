"""Why a document is not taken, with the place in it."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a finding weighs.

    A document with a fault of form or of meaning is refused; a warning goes with one that is
    taken; a note says what somebody should know before working with it.
    """

    FORM = "form"  # what the published schemas of CACAO 2.0 say as well
    MEANING = "meaning"  # what only the text of the specification says
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is to be said of the place ``pointer`` (RFC 6901); ``rule`` is a stable name."""

    rule: str
    pointer: str
    message: str
    level: Level = Level.FORM

    @property
    def is_fault(self) -> bool:
        """Whether the document is refused for it."""
        return self.level in (Level.FORM, Level.MEANING)


class PlaybookError(ValueError):
    """A fault at ``pointer`` (RFC 6901), in words; ``rule`` is a stable name for it."""

    def __init__(self, rule: str, pointer: str, message: str) -> None:
        """Keep the parts; the text is all three."""
        super().__init__(f"{pointer or 'document'}: {message}")
        self.rule = rule
        self.pointer = pointer
        self.message = message


class Invalid(PlaybookError):
    """The document breaks a rule of CACAO 2.0, or one of ours."""


def join(*parts: str | int) -> str:
    """Return the JSON pointer of the given path."""
    return "".join("/" + str(one).replace("~", "~0").replace("/", "~1") for one in parts)
