"""Reading one event by a mapper: what was seen, or why it cannot be taken."""

import hashlib
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from incidents.domain.signals import MAX_AHEAD, Environment, Seen, Weight
from incidents.signals import paths
from incidents.signals.body import canonical
from incidents.signals.mapping import Field, Mapper

MAX_ID, MAX_NAME, MAX_TITLE = 200, 200, 300
_WEIGHTS = {one.slug: one for one in Weight} | {"info": Weight.LOW, "informational": Weight.LOW}


class Unfit(ValueError):
    """An event that is not taken; ``field`` is the one that it lacks or gets wrong."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def read(event: Any, mapper: Mapper, *, at: datetime) -> Seen:
    """Return what ``event`` says.

    An event without an id is known by its content.

    Raises:
        Unfit: it is no object, not what the mapper reads, or lacks what every signal has.
    """
    if not isinstance(event, dict):
        raise Unfit("an event is an object")
    whole = canonical(event)
    if b"\\u0000" in whole:
        raise Unfit("a text holds NUL")
    for path, values, pointer in mapper.requires:
        if paths.text(paths.value(event, path)) not in values:
            expected = " or ".join(sorted(values)[:3])
            raise Unfit(f"{pointer} is not {expected}", pointer)
    content = hashlib.sha256(whole).hexdigest()
    opened = mapper.opened(event)
    held = {name: _text(field, opened) for name, field in mapper.fields.items()}
    title = held["title"][:MAX_TITLE]
    if not title:
        raise Unfit("it has no title", "title")
    return Seen(
        event_id=_identity(held.get("id", ""), content),
        content=content,
        observed_at=_instant(held["observed_at"], mapper.fields["observed_at"], at=at),
        title=title,
        rule=(held.get("rule") or title)[:MAX_NAME],
        weight=_weight(held["severity"]),
        asset=held.get("asset", "")[:MAX_TITLE],
        site=held.get("site", "")[:64],
        environment=_environment(held.get("environment", "")),
        entities={name: held[name][:MAX_NAME] for name in ("user", "ip", "hash") if held.get(name)},
    )


def _text(field: Field, event: Any) -> str:
    # Most fields of most events are one member that is absent: they cost nothing but a look.
    if field.plain and event.get(field.plain) is None:
        return ""
    found = field.read(event)
    if found.isprintable():
        return found
    return "".join(one if one.isprintable() else " " for one in found).strip()


def _identity(given: str, content: str) -> str:
    if not given:
        return f"sha256:{content}"
    if len(given) > MAX_ID:
        return f"id-sha256:{hashlib.sha256(given.encode()).hexdigest()}"
    return given


def _instant(text: str, field: Field, *, at: datetime) -> datetime:
    """Return when it was seen, in UTC.

    Raises:
        Unfit: no time, a time without zone, or one that lies ahead.
    """
    if not text:
        raise Unfit("it has no time", "observed_at")
    try:
        if field.time == "rfc3339":
            found = datetime.fromisoformat(text)
            if found.tzinfo is None and field.zone:
                found = found.replace(tzinfo=ZoneInfo(field.zone))
            if found.tzinfo is None:
                raise Unfit("its time names no zone", "observed_at")
        else:
            seconds = float(text) / (1_000 if field.time == "epoch_ms" else 1)
            found = datetime.fromtimestamp(seconds, UTC)
        found = found.astimezone(UTC)
    except Unfit:
        raise
    except (ValueError, OverflowError, OSError) as error:
        raise Unfit("its time cannot be read", "observed_at") from error
    if found.year < 1970 or found > at + MAX_AHEAD:
        raise Unfit("its time lies ahead, or before 1970", "observed_at")
    return found


def _weight(word: str) -> Weight:
    found = _WEIGHTS.get(word.casefold())
    if found is None:
        raise Unfit("its severity is not low, medium, high or critical", "severity")
    return found


def _environment(word: str) -> Environment:
    try:
        return Environment(word or Environment.ONPREM)
    except ValueError as error:
        raise Unfit("its environment is not onprem, cloud or partner", "environment") from error
