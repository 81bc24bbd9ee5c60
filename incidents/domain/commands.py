"""The one input of the timeline: a plain note, or a quick command such as /contained 04:05 ±5m."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from incidents.domain import orders
from incidents.domain.intervals import (
    Interval,
    LocalTimeError,
    Precision,
    around,
    is_ambiguous,
    resolve,
)
from incidents.domain.milestones import MilestoneKind, Source, Status

MAX_LENGTH = 10_000
_YESTERDAY_FROM = timedelta(hours=12)

COMMANDS = {
    "/compromised": MilestoneKind.INITIAL_COMPROMISE,
    "/first": MilestoneKind.FIRST_MALICIOUS_ACTION,
    "/exfiltrated": MilestoneKind.FIRST_EXFILTRATION,
    "/detected": MilestoneKind.DETECTED,
    "/declared": MilestoneKind.DECLARED,
    "/contained": MilestoneKind.CONTAINED,
    "/eradicated": MilestoneKind.ERADICATED,
    "/restored": MilestoneKind.RESTORED,
}
STANDING = "/status"
_ANSWERS = {
    "unknown": Status.UNKNOWN,
    "never": Status.NEVER,
    "n/a": Status.NOT_APPLICABLE,
    "retracted": Status.RETRACTED,
}
_UNITS = {"s": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days"}

_WHEN = re.compile(
    r"(?P<about>[≈~]\s*)?"
    r"(?:(?P<date>\d{4}-\d{2}-\d{2}|today|yesterday)(?:\s+|T|$))?"
    r"(?:(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?"
    r"(?P<utc>\s?Z\b|\s?UTC\b)?(?:\s+(?P<fold>1st|2nd)\b)?)?"
    r"(?:\s*(?:±|\+/?-)\s*(?P<margin>\d{1,4})\s?(?P<unit>min|[smhd])\b)?"
    r"(?=\s|$)"
)
_HINT = "Write it as /contained 04:05, /contained 04:05 ±5m, or /contained 2026-11-17 04:05"


@dataclass(frozen=True)
class Note:
    """Plain text for the timeline."""

    text: str


@dataclass(frozen=True)
class Standing:
    """A summary for whoever comes next: shown on top until the next one."""

    text: str


@dataclass(frozen=True)
class SetMilestone:
    """A milestone to set: the answer, and for a known one its interval.

    ``text`` is what followed: evidence, the basis of an estimate, or the reason.
    ``is_ambiguous`` asks which of two equal local times was meant; until that is answered
    the interval spans both.
    """

    kind: MilestoneKind
    status: Status
    source: Source
    zone: str
    interval: Interval | None = None
    precision: Precision = Precision.MINUTE
    text: str = ""
    is_ambiguous: bool = False


@dataclass(frozen=True)
class NotUnderstood:
    """Nothing was added: what is wrong, and what to write instead."""

    problem: str
    hint: str


Entry = Note | Standing | SetMilestone | NotUnderstood | orders.Order


def parse(text: str, *, zone: ZoneInfo, at: datetime) -> Entry:
    """Read one input of the timeline as it would be entered at ``at`` in the site's ``zone``.

    A time without a date is the latest one that is not ahead of ``at``: shortly after
    midnight, 23:50 is yesterday's. A text that must start with a slash is written with two.
    """
    text = text.replace("\r\n", "\n").strip()
    if not text:
        return NotUnderstood("Nothing was written", "Write what happened, or a command")
    if len(text) > MAX_LENGTH:
        return NotUnderstood(
            f"The text has {len(text):,} characters", f"Up to {MAX_LENGTH:,} fit; attach the rest"
        )
    if any(unicodedata.category(one) == "Cc" and one not in "\n\t" for one in text):
        return NotUnderstood("The text holds control characters", "Paste it as plain text")
    if not text.startswith("/"):
        return Note(text)
    if text.startswith("//"):
        return Note(text[1:])
    word, _, rest = text.partition(" ")
    if word.lower() == STANDING:
        return _standing(rest.strip())
    if word.lower() in orders.ORDERS:
        try:
            return orders.parse(word.lower(), rest)
        except orders.OrderError as error:
            return NotUnderstood(str(error), error.hint)
    kind = COMMANDS.get(word.lower())
    if kind is None:
        known = ", ".join((STANDING, *orders.ORDERS, *COMMANDS))
        return NotUnderstood(f"{word[:40]} is not a command", f"Commands: {known}")
    return _milestone(kind, rest.strip(), zone=zone, at=at)


def _standing(rest: str) -> Entry:
    if not rest:
        return NotUnderstood("Where things stand was not said", "Write it after /status")
    return Standing(rest)


def _milestone(kind: MilestoneKind, rest: str, *, zone: ZoneInfo, at: datetime) -> Entry:
    word, _, reason = rest.partition(" ")
    if word.lower() in _ANSWERS:
        if not reason.strip():
            return NotUnderstood(f"{word} needs a reason", f"Write the reason after {word}")
        status = _ANSWERS[word.lower()]
        return SetMilestone(kind, status, Source.HUMAN, zone.key, text=reason.strip())
    if not rest or word.lower() == "now":
        return SetMilestone(
            kind,
            Status.KNOWN,
            Source.HUMAN,
            zone.key,
            Interval.at(at),
            Precision.SECOND,
            text=reason.strip(),
        )
    match = _WHEN.match(rest)
    if match is None or not (match["hour"] or (match["date"] and not match["margin"])):
        return NotUnderstood(f"No time was found in “{rest[:40]}”", _HINT)
    try:
        return _timed(kind, match, rest[match.end() :].strip(), zone=zone, at=at)
    except (LocalTimeError, OverflowError) as error:
        return NotUnderstood(str(error), _HINT)


def _timed(
    kind: MilestoneKind, match: re.Match[str], text: str, *, zone: ZoneInfo, at: datetime
) -> Entry:
    stated = ZoneInfo("UTC") if match["utc"] else zone
    local = _local(match, zone=stated, at=at)
    precision = _precision(match)
    fold = {"1st": 0, "2nd": 1}.get(match["fold"] or "")
    if match["margin"]:
        margin = timedelta(**{_UNITS[match["unit"]]: int(match["margin"])})
        interval = around(local, zone=stated, margin=margin, fold=fold)
    else:
        interval = resolve(local, zone=stated, precision=precision, fold=fold)
    if interval.start > at:
        return NotUnderstood(
            f"{local:%Y-%m-%d %H:%M} is still ahead",
            "Write the time at which it happened, with its date if it was not today",
        )
    if match["about"] and not text:
        return NotUnderstood("An estimate says what it rests on", "Write the basis after the time")
    return SetMilestone(
        kind,
        Status.KNOWN,
        Source.ESTIMATE if match["about"] else Source.HUMAN,
        stated.key,
        interval,
        precision,
        text,
        precision is not Precision.DAY and fold is None and is_ambiguous(local, zone=stated),
    )


def _precision(match: re.Match[str]) -> Precision:
    if match["second"]:
        return Precision.SECOND
    if match["hour"] is None:
        return Precision.DAY
    is_rough = match["about"] and match["minute"] == "00" and not match["margin"]
    return Precision.HOUR if is_rough else Precision.MINUTE


def _local(match: re.Match[str], *, zone: ZoneInfo, at: datetime) -> datetime:
    """The wall-clock time that was typed, with the day filled in where it was left out."""
    now = at.astimezone(zone).replace(tzinfo=None)
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    named = (match["date"] or "").lower()
    if named == "yesterday":
        day -= timedelta(days=1)
    elif named and named != "today":
        try:
            day = datetime.strptime(named, "%Y-%m-%d")  # noqa: DTZ007  a local date, zone is given
        except ValueError:
            raise LocalTimeError(f"{named} is not a date") from None
    if match["hour"] is None:
        return day
    try:
        local = day.replace(
            hour=int(match["hour"]), minute=int(match["minute"]), second=int(match["second"] or 0)
        )
    except ValueError:
        raise LocalTimeError(f"{match['hour']}:{match['minute']} is not a time of day") from None
    if not named and local - now >= _YESTERDAY_FROM:
        return local - timedelta(days=1)
    return local
