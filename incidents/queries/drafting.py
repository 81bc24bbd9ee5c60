"""What an incident knows for the draft of a notice."""

from datetime import datetime
from zoneinfo import ZoneInfo

from catalog.domain.labels import Level
from incidents.domain.milestones import Milestone, MilestoneKind
from incidents.domain.notice_drafts import Known, draft
from incidents.models import BreachDecision, EntryKind, Incident, NoticeDuty, SiteLaw, TimelineEntry
from incidents.queries import affected, milestones
from incidents.queries.people import above

_TOLD = (
    MilestoneKind.INITIAL_COMPROMISE,
    MilestoneKind.CONTAINED,
    MilestoneKind.ERADICATED,
    MilestoneKind.RESTORED,
)


def draft_of(duty: NoticeDuty, *, at: datetime) -> str:
    """Return the draft kept of ``duty``, else one filled in from its incident."""
    return duty.draft or draft(
        title=duty.title,
        recipient=duty.recipient,
        article=duty.article,
        asks=duty.asks,
        known=known(duty.incident, at=at),
    )


def known(incident: Incident, *, at: datetime) -> Known:
    """Return everything that is known of ``incident`` at ``at``, as a notice tells it."""
    held = milestones.of(incident)
    data = affected.of(incident)
    last = BreachDecision.objects.filter(incident=incident).order_by("-seq").first()
    facts = last.facts if last is not None else {}
    records = facts.get("records", data.records)
    aware = held.get(MilestoneKind.DETECTED.value)
    standing = TimelineEntry.objects.filter(
        incident=incident, kind=EntryKind.STANDING, recorded_at__lte=at
    ).order_by("-id")
    country = (
        SiteLaw.objects.filter(site__path__in=above(incident.site))
        .exclude(country="")
        .order_by("-site__path")
        .values_list("country", flat=True)
        .first()
    )
    level = "" if data.level is None else Level(data.level).slug
    said = [level, "personal data" if facts.get("is_personal", data.is_personal) else ""]
    commander = incident.commander
    return Known(
        reference=incident.reference,
        title=incident.title,
        site=incident.site.name,
        country=country or "",
        severity=incident.severity,
        aware=_when(aware, incident) if aware else f"{incident.declared_at:%Y-%m-%d %H:%M} UTC",
        times=[
            (kind.value.replace("_", " ").capitalize(), _when(held[kind.value], incident))
            for kind in _TOLD
            if kind.value in held
        ],
        standing=standing.values_list("text", flat=True).first() or incident.summary,
        data=", ".join(filter(None, (*said, *data.categories))),
        records="" if records is None else f"{records:,}",
        assets=data.assets,
        contact=f"{commander.name}, {commander.email}" if commander else "",
        losses=facts.get("losses", []),
        risk="A high risk to the people concerned is likely." if facts.get("is_high_risk") else "",
    )


def _when(milestone: Milestone, incident: Incident) -> str:
    """Write a milestone's time in the site's zone and in UTC, or its answer in words."""
    if milestone.interval is None:
        return milestone.status.value.replace("_", " ")
    start = milestone.interval.start
    local = start.astimezone(ZoneInfo(incident.site.time_zone))
    return f"{local:%Y-%m-%d %H:%M} local time ({start:%Y-%m-%d %H:%M} UTC)"
