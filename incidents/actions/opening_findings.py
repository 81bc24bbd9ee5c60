"""Findings that a runbook opens below: somebody looks into who reaches what is affected."""

from collections.abc import Iterator
from dataclasses import dataclass

from governance import registries
from governance.actions import reporting_drift
from governance.models import GovernedSystem
from incidents.actions import noting
from incidents.executors.acts import Situation
from incidents.executors.outcomes import Outcome, Result
from incidents.models import EntryKind, Incident, IncidentLink, LinkRole

_SYSTEM = "governance.governedsystem"


@dataclass(frozen=True, slots=True)
class _Place:
    """What a target means below: a governed system and a scope in it, empty for all of it."""

    name: str
    system: GovernedSystem
    scope: str


def open_findings(now: Situation) -> Result:
    """Open a finding for each affected and suspected thing of the room, or for ``about`` alone.

    ``text`` says what was seen. What is open already stays as it is, and is named.
    """
    incident = Incident.objects.select_related("site").get(pk=now.incident)
    text = now.arguments.get("text", "") or incident.title
    places = list(_places(now.incident, now.arguments.get("about", "")))
    if not places:
        return Result(Outcome.FAILED, "nothing affected or suspected lies in a governed system")
    said = []
    for place in places:
        found = reporting_drift.report(
            place.system, place.scope, f"{incident.reference}: {text}", by=now.by, at=now.at
        )
        number, due = found.finding.pk, found.finding.due_at
        opened = "opened" if found.is_new else "is open already"
        if found.is_new and due is not None:
            opened += f", to be decided by {due:%b %d, %H:%M} UTC"
        said.append(f"finding {number} {opened}: {place.name}")
        noting.append(
            incident,
            EntryKind.LINK,
            f"Who reaches {place.name}: finding {number} {opened}. "
            f"/admin/governance/driftfinding/{number}/change/",
            by=now.by,
            at=now.at,
        )
    return Result(Outcome.DONE, "; ".join(said))


def _places(incident: int, about: str) -> Iterator[_Place]:
    rows = IncidentLink.objects.filter(
        incident=incident, role__in=[LinkRole.AFFECTED, LinkRole.SUSPECTED]
    )
    if about:
        rows = IncidentLink.objects.filter(incident=incident, target=about)
    seen = set()
    for target, label in rows.order_by("pk").values_list("target", "label"):
        meant = _meant(target)
        if meant is None or meant in seen:
            continue
        seen.add(meant)
        system = GovernedSystem.objects.select_related("site", "owner").filter(pk=meant[0]).first()
        if system is not None:
            yield _Place(label, system, meant[1])


def _meant(target: str) -> tuple[int, str] | None:
    kind, _, key = target.partition(":")
    if kind == _SYSTEM:
        return int(key), ""
    asked = registries.requestable.get(kind)
    meant = asked(key) if asked else None
    return (meant.system, meant.scope) if meant else None
