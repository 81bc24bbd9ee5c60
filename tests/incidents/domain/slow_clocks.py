"""A slow second opinion on clocks: whole seconds, walked through, nothing of the product's rules.

It knows times as people type them and answers in epoch seconds. It may be slow and must be plain.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

QUARTER = timedelta(minutes=15)
REACH = timedelta(hours=16)
PATHS = {
    "ttd": (("initial_compromise", "first_malicious_action"), "detected"),
    "tta": (("alert_raised",), "acknowledged"),
    "ttc": (("detected",), "contained"),
    "dwell": (("initial_compromise",), "contained"),
    "ttr": (("detected",), "restored"),
}


@dataclass(frozen=True)
class Typed:
    """One answer as it was given: a wall clock and its zone, or a word."""

    kind: str
    seq: int
    status: str
    set_at: int
    wall: datetime | None = None
    zone: str = "UTC"
    unit: str = "second"
    margin: int = 0
    fold: int | None = None
    is_estimate: bool = False


def span(one: Typed) -> tuple[int, int] | None:
    """Return the first second and the one after the last that may be meant; None in a gap."""
    assert one.wall is not None
    zone = ZoneInfo(one.zone)
    if one.margin:
        found = _spots(one.wall, zone, one.fold)
        return (found[0] - one.margin, found[-1] + one.margin) if found else None
    if one.unit == "second":
        found = _spots(one.wall, zone, one.fold)
        return (found[0], found[-1] + 1) if found else None
    if one.unit == "minute":
        found = _spots(one.wall.replace(second=0), zone, one.fold)
        return (found[0], found[-1] + 60) if found else None
    return _walk(one.wall, zone, one.unit, one.fold)


def _spots(wall: datetime, zone: ZoneInfo, fold: int | None) -> list[int]:
    """Every instant at which a clock of the zone shows ``wall``."""
    near = _steps(wall)
    offsets = {moment.astimezone(zone).utcoffset() for moment in near}
    found = []
    for offset in offsets:
        moment = (wall - offset).replace(tzinfo=UTC)
        shown = moment.astimezone(zone)
        if shown.replace(tzinfo=None, fold=0) == wall:
            found.append((int(moment.timestamp()), shown.fold))
    if fold is not None and len(found) > 1:
        found = [(second, side) for second, side in found if side == fold]
    return sorted(second for second, _ in found)


def _walk(wall: datetime, zone: ZoneInfo, unit: str, fold: int | None) -> tuple[int, int] | None:
    """Walk the quarters of an hour around the unit's ends; clocks change on none but those."""
    lower = cut(wall, unit)
    twice = len(_spots(wall, zone, None)) > 1
    found = []
    for moment in sorted({*_steps(lower), *_steps(_after(lower, unit))}):
        shown = moment.astimezone(zone)
        if cut(shown.replace(tzinfo=None), unit) == lower:
            if unit == "hour" and twice and fold is not None and shown.fold != fold:
                continue
            found.append(int(moment.timestamp()))
    return (found[0], found[-1] + 900) if found else None


def _steps(wall: datetime) -> list[datetime]:
    """Quarters of an hour around ``wall``, wherever in the world its clock hangs."""
    middle = wall.replace(minute=0, second=0, tzinfo=UTC)
    return [middle + QUARTER * step for step in range(-REACH // QUARTER, REACH // QUARTER + 1)]


def cut(wall: datetime, unit: str) -> datetime:
    """Return the beginning of the unit in which ``wall`` lies."""
    wall = wall.replace(fold=0)
    if unit == "week":
        wall -= timedelta(days=wall.isocalendar().weekday - 1)
    keep = {"hour": 4, "day": 3, "week": 3, "month": 2, "year": 1}[unit]
    parts = [*wall.timetuple()[:keep], *(1, 1)[: max(0, 3 - keep)]]
    return datetime(*parts)  # noqa: DTZ001 - a wall clock has no zone


def _after(lower: datetime, unit: str) -> datetime:
    if unit == "month":
        return lower.replace(year=lower.year + lower.month // 12, month=lower.month % 12 + 1)
    if unit == "year":
        return lower.replace(year=lower.year + 1)
    return lower + {
        "hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)
    }[unit]  # fmt: skip


def standing(history: Iterable[Typed], at: int) -> dict[str, Typed]:
    """Return the answers that stood at ``at``: the last correction of each, no retracted one."""
    stood: dict[str, Typed] = {}
    for one in sorted(history, key=lambda one: one.seq):
        if one.set_at <= at:
            stood[one.kind] = one
    return {kind: one for kind, one in stood.items() if one.status != "retracted"}


def took(metric: str, history: Iterable[Typed], at: int) -> tuple[str, int, int]:
    """Return how a duration stood at ``at``, and between which seconds it lies."""
    stood, (firsts, last) = standing(history, at), PATHS[metric]
    answers = [stood[kind] for kind in firsts if kind in stood]
    if not answers:
        return "blank", 0, 0
    starts = [one for one in answers if one.status == "known"]
    if not starts:
        return answers[0].status, 0, 0
    begun = span(starts[0])
    assert begun is not None
    if last not in stood:
        return "running", max(0, at - begun[1]), max(0, at - begun[0])
    if stood[last].status != "known":
        return stood[last].status, 0, 0
    ended = span(stood[last])
    assert ended is not None
    if ended[1] <= begun[0]:
        return ("known" if metric == "ttc" else "reversed"), 0, 0
    return "known", max(0, ended[0] - begun[1]), ended[1] - begun[0]
