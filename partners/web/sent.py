"""What was sent about a finding and does not show in its history: it waits, or was refused."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from governance import access
from governance.domain.actor import Actor
from partners.models import Answer, Decision, Finding, Waiver, WaiverState
from partners.permissions import Act
from partners.web import words
from partners.web.words import Moment

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Sent:
    """One answer or request: when it came, what it says, and what became of it."""

    moment: Moment
    text: str
    outcome: str
    waits: bool


class _Facts(TypedDict):
    zone: ZoneInfo
    to: Actor
    at: datetime


def about(finding: UUID, *, zone: ZoneInfo, to: Actor, at: datetime) -> list[Sent]:
    """Return the newest of both kinds, as far as ``to`` may read them."""
    facts: _Facts = {"zone": zone, "to": to, "at": at}
    found = [*_answers(finding, **facts), *_waivers(finding, **facts)]
    return sorted(found, key=lambda one: one.moment.iso, reverse=True)


def _answers(finding: UUID, *, zone: ZoneInfo, to: Actor, at: datetime) -> list[Sent]:
    visible = access.visible(Answer.objects.all(), to=to, act=Act.ANSWER_READ, at=at)
    one = Finding.objects.get(pk=finding)
    rows = visible.exclude(decision=Decision.ACCEPTED).filter(
        Q(component=None) | Q(component=one.component_id),
        product=one.product_id,
        vulnerability=one.vulnerability_id,
    )
    return [
        Sent(
            words.moment(row.received_at, zone=zone, at=at),
            f"{row.author}: {row.get_status_display()}",
            _outcome(row.decision == Decision.PENDING, row.decision_reason),
            row.decision == Decision.PENDING,
        )
        for row in rows.order_by("-received_at", "id")[:SHOWN]
    ]


def _waivers(finding: UUID, *, zone: ZoneInfo, to: Actor, at: datetime) -> list[Sent]:
    visible = access.visible(Waiver.objects.all(), to=to, act=Act.WAIVER_READ, at=at)
    rows = visible.filter(findings=finding).exclude(state=WaiverState.GRANTED)
    return [
        Sent(
            words.moment(row.asked_at, zone=zone, at=at),
            f"A waiver until {words.day(row.until)}",
            row.get_state_display()
            if row.state == WaiverState.ENDED
            else _outcome(row.state != WaiverState.REFUSED, row.decision_reason),
            row.state in (WaiverState.ASKED, WaiverState.HALF),
        )
        for row in rows.order_by("-asked_at", "id")[:SHOWN]
    ]


def _outcome(waits: bool, reason: str) -> str:
    if waits:
        return "waits for a decision"
    return f"refused: {reason}" if reason else "refused"
