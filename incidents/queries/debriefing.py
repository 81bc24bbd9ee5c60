"""What an incident knows for its debrief: times, who acted, steps that were late or impossible."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from incidents.domain.cards import CardState
from incidents.domain.clocks import describe, wall, words
from incidents.domain.notice_duties import NoticeState, standing
from incidents.models import Card, Incident, NoticeDuty, TimelineEntry
from incidents.queries import milestones, people

_HINDRANCES = 20


def facts(incident: Incident, *, at: datetime) -> str:
    """Return the facts as text, for people to correct; nothing is judged in it."""
    zone = ZoneInfo(incident.site.time_zone)
    return "\n".join(
        [
            f"{incident.reference} {incident.severity} {incident.title}, {incident.site.name}",
            "",
            "Times",
            *_times(incident, zone=zone, at=at),
            "",
            "Who acted",
            *_people(incident),
            "",
            "Steps that were late, handed over, or impossible",
            *(_steps(incident) or ["None."]),
            "",
            "Notices",
            *(_notices(incident, at=at) or ["None was owed."]),
        ]
    )


def _times(incident: Incident, *, zone: ZoneInfo, at: datetime) -> Iterator[str]:
    held = milestones.of(incident)
    for key, one in held.items():
        when = (
            wall(one.interval.start, zone=zone, at=at)
            if one.interval
            else one.status.value.replace("_", " ")
        )
        about = " (estimate)" if one.basis else ""
        name, _, party = key.partition(":")
        said = f"{name.replace('_', ' ').capitalize()} {party}".strip()
        yield f"{said}: {when}{about}"
    for metric, took in milestones.durations(held, at=at).items():
        yield f"{metric.label}: {describe(took)}"


def _people(incident: Incident) -> list[str]:
    rows = TimelineEntry.objects.filter(incident=incident).order_by()
    refs = set(rows.values_list("author", flat=True).distinct())
    named = sorted(people.names(refs).values())
    commander = incident.commander.name if incident.commander else "nobody"
    return [f"Commander: {commander}", f"In the timeline: {', '.join(named)}"]


def _steps(incident: Incident) -> list[str]:
    found = []
    for card in Card.objects.filter(run__incident=incident).order_by("run_id", "number"):
        if card.state == CardState.CANNOT:
            found.append(f"{card.title}: could not be done: {card.note}")
        elif card.due_at and card.done_at and card.done_at > card.due_at:
            found.append(f"{card.title}: {words(card.done_at - card.due_at)} late")
        elif card.handed_to:
            found.append(f"{card.title}: handed over to {card.handed_to}")
    return found[:_HINDRANCES]


def _notices(incident: Incident, *, at: datetime) -> list[str]:
    return [
        f"{row.title} to {row.recipient}: "
        + standing(NoticeState(row.state), row.due_at, row.sent_at, at=at)[0]
        for row in NoticeDuty.objects.filter(incident=incident)
    ]
