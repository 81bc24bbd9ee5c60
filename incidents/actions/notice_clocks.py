"""Due instants of notices: they follow from the milestones, in the transaction that moves those."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from incidents.domain.deadlines import Period, due_at
from incidents.domain.milestones import Milestone
from incidents.domain.notice_duties import NoticeState
from incidents.domain.notice_rules import AWARE, MEASURE, Start
from incidents.models import Incident, NoticeDuty
from incidents.queries import milestones

_ORDER = (Start.AWARE, Start.MEASURE, Start.NOTICE)


def settle(incident: Incident) -> None:
    """Give the open notices of ``incident`` the instants that follow from what is known now.

    What was sent or ruled out keeps the due instant that it had then.
    """
    rows = list(NoticeDuty.objects.filter(incident=incident))
    held = milestones.of(incident) if rows else {}
    zone = ZoneInfo(incident.site.time_zone)
    by_rule = {row.rule: row for row in rows}
    for row in sorted(rows, key=lambda one: _ORDER.index(Start(one.start))):
        if row.state not in (NoticeState.OWED, NoticeState.DRAFTED):
            continue
        start, is_provisional = _start(row, incident, held, by_rule)
        period = Period(row.hours, row.days, row.months)
        due = due_at(start, period, zone=zone) if start else None
        if (row.starts_at, row.due_at, row.is_provisional) != (start, due, is_provisional):
            row.starts_at, row.due_at, row.is_provisional = start, due, is_provisional
            row.save(update_fields=["starts_at", "due_at", "is_provisional"])


def _start(
    row: NoticeDuty,
    incident: Incident,
    held: Mapping[str, Milestone],
    by_rule: Mapping[str, NoticeDuty],
) -> tuple[datetime | None, bool]:
    """Return what the period runs from, and whether that is only the latest it can be."""
    match Start(row.start):
        case Start.AWARE:
            known = held.get(AWARE.value)
            if known is not None and known.interval is not None:
                return known.interval.start, False
            # Whoever declared it was aware of it: no later than then.
            return incident.declared_at, False
        case Start.MEASURE:
            measure = held.get(MEASURE.value)
            if measure is not None and measure.interval is not None:
                return measure.interval.start, False
            return None, True
        case Start.NOTICE:
            before = by_rule.get(row.after)
            if before is None:
                return None, True
            if before.sent_at is not None:
                return before.sent_at, False
            return before.due_at, True
