"""What an incident is about: assets, partners and other things, by reference."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from governance import audit
from governance.access import require
from governance.domain import references
from governance.domain.actor import Actor
from governance.errors import BadInput, Refused
from incidents.actions import noting, timing
from incidents.models import EntryKind, Incident, IncidentLink, LinkRole
from incidents.permissions import Act
from incidents.queries import things


@transaction.atomic
def link(
    incident: Incident,
    target: str,
    *,
    role: LinkRole,
    by: Actor,
    at: datetime,
    label: str = "",
    token: UUID | None = None,
) -> IncidentLink:
    """Say that ``target`` is part of ``incident``, or change in which role.

    Without a ``label`` the thing's own name is taken, else its reference.

    Raises:
        NotAllowed: ``by`` may not.
        BadInput: ``target`` is no reference.
        Refused: the thing is not known.
        IncidentEnded: the incident was closed or dismissed.
    """
    require(by, Act.INCIDENT_LINK, incident, at=at)
    incident = timing.lock(incident)
    try:
        kind = references.parse(target).type
    except ValueError as error:
        raise BadInput(str(error), pointer="/target") from error
    known = things.facts([target], to=by, at=at).get(target)
    if known is None and kind in things.KNOWN:
        raise Refused(f"There is no {target}, or none for you.")
    label = (label or (known.name if known else target))[:160]
    row, _ = IncidentLink.objects.update_or_create(
        incident=incident,
        target=target,
        defaults={"role": role, "label": label},
        create_defaults={
            "role": role,
            "label": label,
            "added_by": by.ref,
            "added_at": at,
        },
    )
    text = f"{label}: {row.get_role_display().lower()}"
    noting.append(incident, EntryKind.LINK, text, by=by, at=at, token=token)
    audit.record(by=by, act=Act.INCIDENT_LINK, ref=incident.ref, at=at, target=target, role=role)
    return row


@transaction.atomic
def relate(incident: Incident, other: Incident, *, by: Actor, at: datetime) -> None:
    """Say that two incidents belong together; each names the other from now on.

    Raises:
        NotAllowed: ``by`` may not link both of them.
        Refused: they are one and the same.
        IncidentEnded: ``incident`` was closed or dismissed; ``other`` may have.
    """
    if incident.pk == other.pk:
        raise Refused("An incident is not linked with itself.")
    require(by, Act.INCIDENT_LINK, incident, at=at)
    require(by, Act.INCIDENT_LINK, other, at=at)
    incident = timing.lock(incident)
    for one, there in ((incident, other), (other, incident)):
        row, is_new = IncidentLink.objects.get_or_create(
            incident=one,
            target=there.ref,
            defaults={
                "label": f"{there.reference} {there.title}"[:160],
                "role": LinkRole.INVOLVED,
                "added_by": by.ref,
                "added_at": at,
            },
        )
        if is_new:
            noting.append(one, EntryKind.LINK, f"Belongs together with {row.label}", by=by, at=at)
    audit.record(by=by, act=Act.INCIDENT_LINK, ref=incident.ref, at=at, target=other.ref)
