"""Made-up histories of incidents: coarse times, corrections, clocks that jump, open questions."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from incidents.domain.intervals import Interval, LocalTimeError, Precision, around, resolve
from incidents.domain.milestones import Milestone, MilestoneKind, Source, Status
from tests.incidents.domain.slow_clocks import Typed, span

ZONES = (
    "UTC", "Europe/Berlin", "Europe/Warsaw", "America/Chicago", "America/St_Johns", "Asia/Beirut",
    "Australia/Lord_Howe", "Asia/Kathmandu", "America/Havana", "Pacific/Chatham",
)  # fmt: skip
ORDER = (
    "first_malicious_action", "initial_compromise", "detected", "alert_raised", "acknowledged",
    "contained", "restored",
)  # fmt: skip
UNITS = ("second", "second", "minute", "minute", "minute", "hour", "day", "week", "month", "year")
UNANSWERED = ("unknown", "never", "not_applicable")
# The instants at which the clocks of the zones jump, so that gaps and folds are not left to luck.
JUMPS = {
    "Europe/Berlin": (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)),
    "Europe/Warsaw": (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)),
    "America/Chicago": (datetime(2026, 3, 8, 8, tzinfo=UTC), datetime(2026, 11, 1, 7, tzinfo=UTC)),
    "Asia/Beirut": (datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 10, 24, 21, tzinfo=UTC)),
    "America/Havana": (datetime(2026, 3, 8, 5, tzinfo=UTC), datetime(2026, 11, 1, 5, tzinfo=UTC)),
    "Australia/Lord_Howe": (
        datetime(2026, 4, 4, 15, tzinfo=UTC),
        datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    ),
}


def history(source: random.Random) -> tuple[list[Typed], list[Typed]]:
    """Return what was answered about one incident, and what nobody could have meant (gaps)."""
    zone = source.choice(ZONES)
    near = source.choice(JUMPS[zone]) if zone in JUMPS and source.random() < 0.7 else None
    moment = (near or datetime(2026, 1, 1, tzinfo=UTC)) + timedelta(
        seconds=source.randrange(-7_200, 7_200) if near else source.randrange(28_000_000)
    )
    held: list[Typed] = []
    gaps: list[Typed] = []
    for kind in ORDER:
        moment += timedelta(seconds=int(min(source.lognormvariate(8, 2), 20_000_000)) - 400)
        if source.random() < 0.2:
            continue
        for seq in range(1, source.choice((2, 2, 2, 3, 4))):
            one = _answer(source, kind, seq, moment, zone)
            impossible = one.status == "known" and span(one) is None
            (gaps if impossible else held).append(one)
            moment += timedelta(seconds=source.randrange(-1_800, 1_800))
    return held, gaps


def _answer(source: random.Random, kind: str, seq: int, moment: datetime, zone: str) -> Typed:
    set_at = int(moment.timestamp()) + source.randrange(40_000) * seq
    draw = source.random()
    if draw < 0.12 or (seq > 1 and draw < 0.25):
        words = UNANSWERED if seq == 1 or draw < 0.12 else ("retracted",)
        return Typed(kind, seq, source.choice(words), set_at)
    wall = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
    if zone in JUMPS and source.random() < 0.1:
        jump = source.choice(JUMPS[zone]).astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
        wall = jump + timedelta(seconds=source.randrange(-3_600, 3_600))
    return Typed(
        kind,
        seq,
        "known",
        set_at,
        wall=wall,
        zone=zone,
        unit=source.choice(UNITS),
        margin=source.choice((0, 0, 0, 60, 600)),
        fold=source.choice((None, None, 0, 1)),
        is_estimate=source.random() < 0.2,
    )


def as_milestone(one: Typed) -> Milestone:
    """Return the answer as the product reads it.

    Raises:
        LocalTimeError: no clock ever showed it.
    """
    estimate = {"basis": "a guess"} if one.is_estimate else {}
    return Milestone(
        kind=MilestoneKind(one.kind),
        status=Status(one.status),
        source=Source.ESTIMATE if one.is_estimate else Source.HUMAN,
        interval=_interval(one) if one.wall else None,
        precision=Precision(one.unit),
        zone=one.zone,
        reason="because",
        seq=one.seq,
        **estimate,
    )


def _interval(one: Typed) -> Interval:
    assert one.wall is not None
    zone = ZoneInfo(one.zone)
    if one.margin:
        return around(one.wall, zone=zone, margin=timedelta(seconds=one.margin), fold=one.fold)
    return resolve(one.wall, zone=zone, precision=Precision(one.unit), fold=one.fold)


__all__ = ["LocalTimeError", "as_milestone", "history"]
