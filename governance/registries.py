"""What higher apps hand down, so that the ground can use what it cannot import.

Filled once in ``AppConfig.ready()``. Registering a name twice is a programming error.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Generic, Literal, TypeVar

from governance.domain.actor import Actor
from governance.domain.drift import Observation

T = TypeVar("T")


class Registry(Generic[T]):
    """Named entries in order of registration."""

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._entries: dict[str, T] = {}

    def add(self, name: str, entry: T) -> None:
        """Register ``entry`` under ``name``.

        Raises:
            ValueError: the name is taken.
        """
        if name in self._entries:
            raise ValueError(f"{self._noun} {name!r} is registered twice")
        self._entries[name] = entry

    def get(self, name: str) -> T | None:
        return self._entries.get(name)

    def __iter__(self) -> Iterator[tuple[str, T]]:
        return iter(self._entries.items())

    def names(self) -> list[str]:
        return list(self._entries)


class Unit(StrEnum):
    """How the value of a measure reads."""

    PERCENT = "percent"
    RATIO_CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a measure says at one instant.

    ``value`` is None when there is nothing to judge: pages then say ``note`` in words
    ("No data yet: …") and never show a number.
    """

    value: float | None
    as_of: datetime
    numerator: int | None = None
    denominator: int | None = None
    records_url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """One programme target.

    ``value(site_id, at)`` computes the reading of a site and everything below it, of
    the whole enterprise for None. ``target`` is in ``unit``; ``better`` says on which
    side of it the good lies.
    """

    title: str
    unit: Unit
    target: float
    better: Literal["higher", "lower"]
    definition: str
    value: Callable[[int | None, datetime], Reading]


@dataclass(frozen=True, slots=True)
class JobRun:
    """What a handler gets: its payload and the instant that it works at."""

    id: int
    kind: str
    payload: Mapping[str, object]
    by: Actor
    at: datetime
    attempt: int


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of background work.

    The handler runs in one transaction with the note that it is done, so its effect on
    the database happens exactly once. ``every_seconds`` makes it periodic; ``catch_up``
    says what to do with slots missed while nothing ran.
    """

    handler: Callable[[JobRun], None]
    title: str
    every_seconds: int | None = None
    catch_up: Literal["last", "skip"] = "last"
    max_attempts: int = 5
    retry_seconds: int = 10
    queue: str = "default"
    payload: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sweep:
    """Work whose rows a higher app keeps itself, because it commits in the midst of it.

    ``due()`` names the records that something is due of, the most urgent first, and
    ``look(key)`` does it. Each worker asks every ``every_seconds``, with or without a broker,
    and looks after so many at once that one slow record does not hold up the others.
    """

    due: Callable[[], list[str]]
    look: Callable[[str], None]
    every_seconds: float
    threads: int = 4


@dataclass(frozen=True, slots=True)
class Duty:
    """A line of "needs a decision today"."""

    title: str
    reason: str
    url: str
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """Facts of a higher app on a page of a lower one."""

    title: str
    lines: tuple[tuple[str, str], ...]
    url: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody outside, known below by ``ref`` alone; ``url`` is empty where there is no page."""

    ref: str
    name: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Requestable:
    """What access to a record is asked as: the key of its governed system, and a scope in it.

    The scope is told to whoever may do ``read`` on the record; others know its reference alone.
    """

    system: int
    scope: str
    read: str


@dataclass(frozen=True, slots=True)
class Scopes:
    """The places in a governed system, by its key, in which records of an app lie.

    ``knows`` says whether it has any there, ``has`` whether a scope is one; ``visible`` lists
    those that somebody may read.
    """

    knows: Callable[[int], bool]
    has: Callable[[int, str], bool]
    visible: Callable[[int, Actor, datetime], list[str]]


@dataclass(frozen=True, slots=True)
class AlarmText:
    """What the ground has seen; ``severity`` 1 (worst) to 4, ``key`` once in all time."""

    kind: str
    severity: int
    ref: str
    key: str
    detail: str
    raised_at: datetime


@dataclass(frozen=True, slots=True)
class Mask:
    """Columns whose values stay out of the log, and columns that are no part of the record."""

    secret: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scratch:
    """An empty PostgreSQL cluster of its own, and how its superuser reaches it."""

    host: str
    user: str
    programs: Path


@dataclass(frozen=True, slots=True)
class Servers:
    """Where PostgreSQL's programs lie on this machine, and clusters that exist only for one use.

    ``places`` lists folders, best first. ``scratch`` starts a cluster, which is removed with
    all it holds at the end of the ``with``; it raises ``errors.Unavailable`` where none can
    be made.
    """

    places: Callable[[], Iterable[Path]]
    scratch: Callable[[], AbstractContextManager[Scratch]]


measures: Registry[Measure] = Registry("measure")
job_kinds: Registry[JobKind] = Registry("job kind")
sweeps: Registry[Sweep] = Registry("sweep of the workers")
attributes: Registry[Callable[[str], Mapping[str, object]]] = Registry("resource attributes")
"""Type of record -> what is known of the one with that key: ``level``, and ``owner`` and
``steward`` as references of people. Empty for what is gone."""
locators: Registry[Callable[[int, str], str]] = Registry("locator of records")
"""Finds the record that a scope in a governed system names; empty where it knows none."""
scopes: Registry[Scopes] = Registry("source of scopes")
"""What can be asked for where nobody has looked into the system itself yet, or beside it."""
duties: Registry[Callable[[Actor, datetime], list[Duty]]] = Registry("duty")
panels: Registry[Callable[[str, Actor], list[Panel]]] = Registry("panel")
"""By ``<type of record>:<topic>``, so that several apps speak on one page."""
parties: Registry[Callable[[Actor, datetime, Collection[str] | None], list[Party]]] = Registry(
    "source of parties"
)
"""Type of record -> the parties with these references, or all, as far as somebody may read them."""
requestable: Registry[Callable[[str], Requestable | None]] = Registry("kind to ask access to")
"""Type of record -> what asking for access to the one with that key means; None if it is gone."""
alarms: Registry[Callable[[AlarmText, Actor, datetime], None]] = Registry("alarm handler")
acts: Registry[type[StrEnum]] = Registry("enumeration of acts")
"""What can be done in each app: a policy that names another act is refused."""
drift_sources: Registry[Callable[[str], Observation]] = Registry("drift source")
unaudited: Registry[str] = Registry("table without row events")
"""Label of the model -> why changes of its rows need no entry in the audit log."""
servers: Registry[Servers] = Registry("source of servers")
portal: Registry[str] = Registry("table that the portal uses")
"""Table -> what the portal's role may do there; with a wall, to the rows of one party alone."""
masks: Registry[Mask] = Registry("mask of a governed table")
"""Label of the model -> what its row events leave out."""
