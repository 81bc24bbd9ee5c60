"""Notices and breach decisions as they wait for somebody."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import F, Q
from django.urls import reverse

from governance import access
from governance.domain.actor import Actor
from governance.registries import Duty
from incidents.domain.breaches import Facts, Verdict
from incidents.domain.deadlines import due_at
from incidents.domain.incidents import Kind, Phase, Reference
from incidents.domain.notice_rules import Owed, Start, owed
from incidents.models import BreachDecision, Incident, NoticeDuty
from incidents.permissions import Act
from incidents.queries import affected, rules
from incidents.queries.affected import Affected

SHOWN = 20
_ENDED = [one.value for one in Phase if one.is_terminal]
_MAJOR = ("SEV1", "SEV2")


def presumed(incident: Incident, known: Affected) -> Facts:
    """Return the facts as the catalog has them, before anybody decided."""
    return Facts(
        is_personal=known.is_personal,
        level=known.level,
        kinds=known.kinds,
        records=known.records,
        is_significant=incident.severity in _MAJOR,
    )


def possible(incident: Incident, *, at: datetime) -> tuple[Owed, ...]:
    """Return what would be owed if it were a breach, as long as nobody decided."""
    facts = presumed(incident, affected.of(incident))
    return owed(
        rules.standing().notices,
        facts,
        Verdict.BREACH,
        regimes=rules.regimes(incident.site),
        on=at.date(),
    )


def decide_by(incident: Incident, aware_at: datetime, *, at: datetime) -> datetime | None:
    """Return when the first notice would be due that a decision may bring."""
    found = [
        due
        for one in possible(incident, at=at)
        if one.rule.start is Start.AWARE
        and (due := due_at(aware_at, one.rule.period, zone=ZoneInfo(incident.site.time_zone)))
        is not None
    ]
    return min(found, default=None)


def duties(actor: Actor, at: datetime) -> list[Duty]:
    """Return the notices that ``actor`` may send, and the breach decisions that wait."""
    return [*_open(actor, at), *_undecided(actor, at)]


def _open(actor: Actor, at: datetime) -> list[Duty]:
    rows = access.visible(
        NoticeDuty.objects.open().filter(incident__kind=Kind.LIVE),
        to=actor,
        act=Act.NOTICE_SEND,
        at=at,
    )
    rows = rows.select_related("incident").order_by(F("due_at").asc(nulls_last=True), "pk")
    return [
        Duty(
            f"{row.title} to {row.recipient}",
            f"{row.incident.severity} {row.incident.reference}: {row.article}, {row.why}",
            reverse("incidents:notice", args=[row.incident.reference, row.pk]),
            row.due_at,
        )
        for row in rows[:SHOWN]
    ]


def _undecided(actor: Actor, at: datetime) -> list[Duty]:
    """Return live incidents of SEV1 and SEV2 nobody judged, and those the privacy officer must."""
    mine = access.visible(
        Incident.objects.exclude(phase__in=_ENDED).filter(kind=Kind.LIVE),
        to=actor,
        act=Act.INCIDENT_READ,
        at=at,
    )
    waiting = mine.filter(Q(severity__in=_MAJOR), decisions=None)
    found = []
    for row in waiting.select_related("site").order_by("declared_at")[:SHOWN]:
        if access.allows(actor, Act.BREACH_DECIDE, BreachDecision(incident=row), at=at):
            found.append(_decide(row, "nobody decided yet; the legal periods run", at))
    asked = mine.filter(decisions__verdict=Verdict.ASK).distinct()
    for row in asked.select_related("site").order_by("declared_at")[:SHOWN]:
        last = BreachDecision.objects.filter(incident=row).order_by("-seq").first()
        may = access.allows(actor, Act.BREACH_JUDGE, BreachDecision(incident=row), at=at)
        if may and last is not None and last.verdict == Verdict.ASK:
            found.append(_decide(row, f"the privacy officer is asked: {last.article}", at))
    return found


def _decide(row: Incident, why: str, at: datetime) -> Duty:
    reference = str(Reference(row.year, row.number))
    return Duty(
        f"Decide whether {reference} is a breach",
        f"{row.severity} {row.title}: {why}",
        reverse("incidents:breach", args=[reference]),
        decide_by(row, row.declared_at, at=at),
    )
