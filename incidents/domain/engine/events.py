"""What happens to a run, one at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from incidents.domain.engine.state import Key

Given = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Started:
    """The run begins."""


@dataclass(frozen=True, slots=True)
class Due:
    """Time has passed; ``in_flight`` are the steps whose command is being sent right now."""

    in_flight: frozenset[Key] = frozenset()


@dataclass(frozen=True, slots=True)
class CommandDone:
    """A command did what it should."""

    key: Key
    order: int
    values: Given = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CommandFailed:
    """A command did not, for good; retries are over."""

    key: Key
    order: int
    reason: str


@dataclass(frozen=True, slots=True)
class CommandUnknown:
    """Nobody knows whether a command that must not be repeated had its effect."""

    key: Key
    order: int
    reason: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A person said ``choice`` to the card or the question of a step."""

    key: Key
    choice: str
    reason: str = ""
    values: Given = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Approved:
    """Enough others approved the command that a step waits with."""

    key: Key


@dataclass(frozen=True, slots=True)
class Declined:
    """Somebody refused it."""

    key: Key
    reason: str


@dataclass(frozen=True, slots=True)
class ChildEnded:
    """The playbook that ran for a step is over."""

    key: Key
    succeeded: bool
    values: Given = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Aborted:
    """A person ended the run."""

    reason: str


Event = (
    Started
    | Due
    | CommandDone
    | CommandFailed
    | CommandUnknown
    | Answered
    | Approved
    | Declined
    | ChildEnded
    | Aborted
)
