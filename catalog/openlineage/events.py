"""Events from bytes: one, an array, or one per line, each judged by the published schema.

An event is told by its **shape**: with a run it is a run event, else with a job a job event, else
a dataset event. ``eventType`` tells nothing: it may be absent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from catalog.documents import json_text, schema
from catalog.documents.faults import Bounds, Code, Fault, Faults, Unreadable, pointer
from catalog.openlineage import facets
from catalog.openlineage.facets import DatasetId
from catalog.openlineage.nulls import without_nulls

VERSION = "2-0-2"

_SCHEMA = Path(__file__).parent / "schemas/OpenLineage.json"
_STANDARD = f"OpenLineage {VERSION}"


class Shape(StrEnum):
    """What an event is about."""

    RUN = "RunEvent"
    JOB = "JobEvent"
    DATASET = "DatasetEvent"


class Outcome(StrEnum):
    """What became of an event."""

    VALID = "valid"
    TOLERATED = "tolerated"
    """Invalid by the schema through null members alone; taken without them."""
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset as one event names it."""

    id: DatasetId
    facets: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """One event. ``order`` says which of two is later; equal only for equal events."""

    shape: Shape
    order: tuple[str, str]
    """Instant in UTC to the nanosecond, then SHA-256 of the canonical event."""
    event_type: str
    run_id: str
    job: DatasetId | None
    inputs: tuple[Dataset, ...]
    outputs: tuple[Dataset, ...]
    dataset: Dataset | None
    content: dict[str, Any]
    """All that was sent, unknown facets included."""

    @property
    def at(self) -> datetime:
        """The instant, cut to microseconds."""
        return datetime.fromisoformat(self.order[0][:26]).replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class EventReading:
    """What was found of one event; ``line`` is where it begins, where events stand on lines."""

    outcome: Outcome
    event: Event | None
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    line: int = 0


def read(body: bytes, *, bounds: Bounds | None = None) -> Iterator[EventReading]:
    """Yield what each event of ``body`` is; a bad line or item does not spoil the others."""
    limits = bounds or Bounds(size=64 * 2**20, values=20_000_000)
    try:
        if len(body) <= limits.size and _is_by_line(body):
            for number, line in enumerate(body.splitlines(), 1):
                if line.strip():
                    yield _read_line(line, number, limits)
            return
        content = json_text.loads(body, bounds=limits)
    except Unreadable as refused:
        yield EventReading(Outcome.INVALID, None, (refused.fault,), (), refused.fault.line)
        return
    if isinstance(content, list):
        for place, one in enumerate(content):
            yield judged(one, at=(place,))
    else:
        yield judged(content)


def judged(content: Any, *, at: tuple[int, ...] = (), line: int = 0) -> EventReading:
    """Return what the decoded ``content`` is; pointers begin with ``at``."""
    if not isinstance(content, dict):
        fault = Fault(Code.WRONG_SHAPE, pointer(*at), "an event is an object", line=line)
        return EventReading(Outcome.INVALID, None, (fault,), (), line)
    outcome, taken, warnings = Outcome.VALID, content, Faults()
    if not _validator().is_valid(content):
        taken, dropped = without_nulls(content)
        outcome = Outcome.TOLERATED
        if not dropped or not _validator().is_valid(taken):
            return EventReading(Outcome.INVALID, None, _faults(content, at, line), (), line)
        for path in dropped:
            warnings.add(
                Fault(
                    Code.NULL_MEMBER,
                    pointer(*at, *path),
                    "is null, which the schema does not allow",
                    "Leave the member out; it counts as absent.",
                    line,
                )
            )
    try:
        event = _event(taken, _digest(content))
    except (ValueError, OverflowError):
        fault = Fault(
            Code.SCHEMA, pointer(*at, "eventTime"), "is no instant of the years 1 to 9999"
        )
        return EventReading(Outcome.INVALID, None, (fault,), (), line)
    for path, name, facet in _facets(taken):
        facets.check(name, facet, (*at, *path), warnings.add)
    return EventReading(outcome, event, (), warnings.listed, line)


def shape_of(content: dict[str, Any]) -> Shape:
    """Return what the event is about, by the members it has."""
    if "run" in content:
        return Shape.RUN
    return Shape.JOB if "job" in content else Shape.DATASET


def instant(text: str) -> str:
    """Return an RFC 3339 date-time as UTC with nine decimals, which sorts as text.

    A leap second counts as the last nanosecond before it.

    Raises:
        ValueError: it is none, or has no offset.
        OverflowError: in UTC it lies outside the years 1 to 9999.
    """
    whole, fraction = text, ""
    if "." in text:
        head, tail = text.split(".", 1)
        digits = len(tail) - len(tail.lstrip("0123456789"))
        whole, fraction = head + tail[digits:], tail[:digits]
    if whole[17:19] == "60":
        whole, fraction = whole[:17] + "59" + whole[19:], "9" * 9
    moment = datetime.fromisoformat(whole.upper())
    if moment.tzinfo is None:
        raise ValueError(text)
    base = moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
    return f"{base}.{fraction[:9]:0<9}"


def _is_by_line(body: bytes) -> bool:
    """Whether the first line is a whole object and more than space follows."""
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    first, _, rest = start.partition(b"\n")
    if not first.startswith(b"{") or not rest.strip():
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        # A cut first line of many is still a list of lines: the next one begins an object.
        return first.rstrip().endswith(b"}") and rest.lstrip().startswith(b"{")
    return True


def _read_line(line: bytes, number: int, bounds: Bounds) -> EventReading:
    try:
        return judged(json_text.loads(line, bounds=bounds, line=number), line=number)
    except Unreadable as refused:
        return EventReading(Outcome.INVALID, None, (refused.fault,), (), number)


def _faults(content: dict[str, Any], at: tuple[int, ...], line: int) -> tuple[Fault, ...]:
    shape = shape_of(content)
    found = Faults(
        Fault(one.code, pointer(*at) + one.pointer, one.detail, one.remedy, line)
        for one in schema.faults(_validator(shape), content, size=0, standard=_STANDARD)
    )
    if not found.count:  # sound as this shape, and as another at once
        found.add(
            Fault(
                Code.SCHEMA,
                pointer(*at),
                "is an event of a job and of a dataset at once",
                "Send two events.",
                line,
            )
        )
    return found.listed


@cache
def _validator(shape: Shape | None = None) -> Any:
    """Return the schema of one shape, or of exactly one of the three."""
    whole = json.loads(_SCHEMA.read_text("utf-8"))
    opened = _opened(whole)
    if shape is not None:
        del opened["oneOf"]
        opened["$ref"] = f"#/$defs/{shape}"
    return schema.compiled(opened)


def _opened(node: Any) -> Any:
    """Write a choice of one form as that form, so that faults point inside it."""
    if isinstance(node, list):
        return [_opened(one) for one in node]
    if not isinstance(node, dict):
        return node
    opened = {name: _opened(one) for name, one in node.items()}
    if isinstance(opened.get("anyOf"), list) and len(opened["anyOf"]) == 1:
        opened["allOf"] = [*opened.get("allOf", []), *opened.pop("anyOf")]
    return opened


def _digest(content: dict[str, Any]) -> str:
    canonical = json.dumps(content, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _event(content: dict[str, Any], digest: str) -> Event:
    shape = shape_of(content)
    job = content["job"] if shape is not Shape.DATASET else None
    run = content["run"] if shape is Shape.RUN else {}
    return Event(
        shape=shape,
        order=(instant(content["eventTime"]), digest),
        event_type=content.get("eventType", "") if shape is Shape.RUN else "",
        run_id=run.get("runId", ""),
        job=(job["namespace"], job["name"]) if job else None,
        inputs=tuple(_dataset(one) for one in content.get("inputs", ())) if job else (),
        outputs=tuple(_dataset(one) for one in content.get("outputs", ())) if job else (),
        dataset=_dataset(content["dataset"]) if shape is Shape.DATASET else None,
        content=content,
    )


def _dataset(entry: dict[str, Any]) -> Dataset:
    return Dataset((entry["namespace"], entry["name"]), entry.get("facets", {}))


def _facets(content: dict[str, Any]) -> Iterator[tuple[facets.Path, str, Any]]:
    if shape_of(content) is Shape.DATASET:
        held: list[tuple[facets.Path, Any]] = [(("dataset",), content["dataset"])]
    else:
        held = [
            ((side, place), one)
            for side in ("inputs", "outputs")
            for place, one in enumerate(content.get(side, ()))
        ]
    for path, dataset in held:
        for name, facet in dataset.get("facets", {}).items():
            yield (*path, "facets", name), name, facet
