"""Notices as pages show them: due when, how they stand, and why they are owed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.urls import reverse

from incidents.domain.breaches import Verdict
from incidents.domain.deadlines import Period
from incidents.domain.notice_duties import NoticeState, standing
from incidents.domain.notice_rules import Start
from incidents.models import BreachDecision, Incident, NoticeDuty
from incidents.web.times import Moment, moment

_ICONS = {"ok": "ok", "warn": "wait", "bad": "stop", "": "wait"}
_FROM = {
    Start.AWARE: "from when we were aware",
    Start.NOTICE: "from when the notification was sent",
    Start.MEASURE: "from when a corrective measure is available",
}


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One notice in a list."""

    url: str
    title: str
    recipient: str
    article: str
    why: str
    rule: str
    due: Moment | None
    said: str
    tone: str
    icon: str
    is_open: bool
    is_provisional: bool


@dataclass(frozen=True, slots=True)
class BreachLine:
    """What was decided last, by which rule; empty while nobody decided."""

    said: str
    tone: str
    why: str
    url: str


def lines(
    incident: Incident, rows: Iterable[NoticeDuty], *, at: datetime
) -> tuple[NoticeLine, ...]:
    """Return notices, given by due date, as they read: open ones, then those that ended."""
    zone = ZoneInfo(incident.site.time_zone)
    ordered = sorted(rows, key=lambda row: not NoticeState(row.state).is_open)
    return tuple(line(row, incident, zone=zone, at=at) for row in ordered)


def line(row: NoticeDuty, incident: Incident, *, zone: ZoneInfo, at: datetime) -> NoticeLine:
    """Return one notice as it reads at ``at``."""
    state = NoticeState(row.state)
    said, tone = standing(state, row.due_at, row.sent_at, at=at)
    period = Period(row.hours, row.days, row.months)
    if state.is_open and row.due_at is None and not period.is_open:
        said, tone = f"due {period} {_FROM[Start(row.start)].removeprefix('from ')}", ""
        said = said.replace(" when", " after", 1)
    return NoticeLine(
        url=reverse("incidents:notice", args=[incident.reference, row.pk]),
        title=row.title,
        recipient=row.recipient,
        article=row.article,
        why=row.reason if state is NoticeState.RULED_OUT else row.why,
        rule=str(period) if period.is_open else f"{period} {_FROM[Start(row.start)]}",
        due=moment(row.due_at, zone=zone, at=at) if row.due_at else None,
        said=said,
        tone=tone,
        icon="pause" if state is NoticeState.RULED_OUT else _ICONS[tone],
        is_open=state.is_open,
        is_provisional=row.is_provisional,
    )


def breach(incident: Incident, row: BreachDecision | None) -> BreachLine:
    """Return what pages say of the last decision, if anybody decided."""
    url = reverse("incidents:breach", args=[incident.reference])
    if row is None:
        return BreachLine("Not decided yet", "none", "legal periods run all the same", url)
    why = f"rule {row.rule} of {row.rules_version}, {row.article}"
    if row.verdict != row.proposed:
        why = f"against the rules: {row.reason}"
    match Verdict(row.verdict):
        case Verdict.BREACH:
            return BreachLine("A breach", "bad", why, url)
        case Verdict.NOT_BREACH:
            return BreachLine("Not a breach", "ok", why, url)
        case _:
            return BreachLine("The privacy officer is asked", "warn", why, url)
