"""Approvals that wait: whose word is asked for, and what they read of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from governance import access
from governance.domain.actor import Actor
from governance.models import User
from governance.registries import Duty
from incidents.domain.cards import HOLDERS
from incidents.domain.escalation import Told
from incidents.models import Approval
from incidents.models.approval import ApprovalState
from incidents.permissions import Act
from incidents.queries import people

SHOWN = 20


def title(request: Mapping[str, Any]) -> str:
    """Return in one line what would be sent."""
    if request["type"] == "act":
        return str(request["text"] or request["act"])
    return f"{request['method']} {request['url']}"


def url(approval: Approval) -> str:
    """Return where it is passed or refused."""
    room = reverse("incidents:room", args=[approval.run.incident.reference])
    return f"{room}#approval-{approval.pk}"


def waiting() -> "QuerySet[Approval]":
    """Return the open approvals of runs that go on, the most urgent first."""
    rows = Approval.objects.filter(state=ApprovalState.OPEN, run__state="running")
    rows = rows.select_related("run__incident__site", "run__incident__commander")
    return rows.defer("run__document").order_by("expires_at", "pk")


def asked(approval: Approval, *, at: datetime) -> list[User]:
    """Return who may pass it, as far as the runbook names their role and somebody holds it.

    Neither who started the run nor who voted.
    """
    site = approval.run.incident.site
    held = people.memberships(site, at=at)
    role = HOLDERS.get(approval.role, "")
    out = {approval.requested_by, *approval.votes.values_list("by", flat=True)}
    for rows in (held.filter(role__slug=role), held):
        able = [
            user
            for user in User.objects.filter(pk__in=rows.values("user")).order_by("pk")
            if user.as_actor().ref not in out
            and access.allows(user.as_actor(), Act.APPROVAL_VOTE, approval, at=at)
        ]
        if able:
            return able
    return []


def duties(actor: Actor, at: datetime) -> list[Duty]:
    """Return the approvals that wait for ``actor``; for all who may, once time runs out."""
    rows = access.visible(waiting(), to=actor, act=Act.APPROVAL_VOTE, at=at)
    rows = rows.exclude(requested_by=actor.ref).exclude(votes__by=actor.ref)
    found = []
    for row in rows.filter(expires_at__gte=at)[: SHOWN * 2]:
        if row.told < Told.URGED and not _is_asked(row, actor, at=at):
            continue
        incident = row.run.incident
        given = row.votes.filter(is_for=True).count()
        reason = f"{incident.severity} {incident.reference}: {row.run.name} waits"
        if row.needed > 1:
            reason += f", {given} of {row.needed} have passed it"
        found.append(Duty(f"Approve: {title(row.request)}"[:200], reason, url(row), row.expires_at))
    return found[:SHOWN]


def _is_asked(row: Approval, actor: Actor, *, at: datetime) -> bool:
    """Whether ``actor``, who may pass it, is among those that the runbook means."""
    role = HOLDERS.get(row.role, "")
    here = people.above(row.run.incident.site)
    held = [path for slug, path in people.roles_of(actor.ref, at=at) if slug == role]
    if not role or any(path in here for path in held):
        return True
    return any(user.as_actor().ref == actor.ref for user in asked(row, at=at))
