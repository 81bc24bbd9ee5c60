"""Finding the incident of an address, for whoever may see it."""

from django.http import HttpRequest

from governance import access
from governance.board import when, who
from governance.errors import NotFound
from incidents.domain.incidents import Reference
from incidents.models import Approval, Card, Incident, Run
from incidents.permissions import Act


def number(text: str | None) -> int | None:
    """Return the key that ``text`` writes, None for anything else."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None


def incident(request: HttpRequest, reference: str) -> Incident:
    """Return the incident called ``reference``.

    Raises:
        NotFound: there is none, or none for this actor.
    """
    missing = NotFound("There is no such incident, or none for you.")
    try:
        wanted = Reference.parse(reference)
    except ValueError as error:
        raise missing from error
    rows = access.visible(
        Incident.objects.select_related("site", "commander"),
        to=who(request),
        act=Act.INCIDENT_READ,
        at=when(request),
    )
    found = rows.filter(year=wanted.year, number=wanted.number).first()
    if found is None:
        raise missing
    return found


def run(found: Incident, key: int) -> Run:
    """Return the run ``key`` of an incident.

    Raises:
        NotFound: it has no such run.
    """
    held = Run.objects.select_related("incident__site").filter(pk=key, incident=found).first()
    if held is None:
        raise NotFound("This incident has no such runbook under way.")
    return held


def approval(found: Incident, key: int) -> Approval:
    """Return the approval ``key`` of an incident.

    Raises:
        NotFound: it has no such approval.
    """
    rows = Approval.objects.select_related("run__incident__site", "step_run__token")
    held = rows.filter(pk=key, run__incident=found).first()
    if held is None:
        raise NotFound("This incident has no such approval.")
    return held


def card(found: Incident, key: int) -> Card:
    """Return the step ``key`` of an incident.

    Raises:
        NotFound: it has no such step.
    """
    rows = Card.objects.select_related("run__incident__site")
    step = rows.filter(pk=key, run__incident=found).first()
    if step is None:
        raise NotFound("This incident has no such step.")
    return step
