"""What whoever decides about a request reads before they do, and after."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import NoReverseMatch, reverse

from governance import access
from governance.actions import routing
from governance.domain import grants, references
from governance.domain.actor import Actor
from governance.models import AccessRequest, Grant, RequestState, User
from governance.permissions import Act
from governance.queries import names, presence, request_turns, resources
from governance.queries.deciding import deciders

HELD = 5


def box(row: AccessRequest, user: User, *, by: Actor, at: datetime) -> dict[str, Any] | None:
    """Return what the box of an open request shows; None once it is decided."""
    if row.state != RequestState.OPEN:
        return None
    is_own = user.pk in routing.concerned(row)
    is_second = row.first_approved_at is not None
    is_first = by.ref == row.first_approved_by
    is_turn = not is_first and (is_second or row.route.is_turn_of(user.pk, at=at))
    act = Act.REQUEST_CONFIRM if is_second else Act.REQUEST_DECIDE
    found = deciders(row, at=at)
    first = names.named([row.first_approved_by]).get(row.first_approved_by)
    held = _held(row, by=by, at=at)
    return {
        "is_own": is_own,
        "is_first": is_first,
        "first_approver": first.text if first else "",
        "takes_two": grants.needs_second_approval(row.level),
        "is_turn": is_turn,
        "first": row.owner or row.deputy,
        "opens_at": row.route.all_from,
        "may": not is_own and is_turn and access.allows(by, act, row, at=at),
        "people": found.people,
        "more": found.more,
        "roles": found.roles,
        "who": row.grantee or row.requester,
        "held": held[:HELD],
        "held_more": len(held) > HELD,
        "record_url": page_of(row.resource or resources.located(row.system, row.scope)),
        "url": reverse("admin:governance_accessrequest_decide", args=[row.pk]),
    }


def given(row: AccessRequest, *, at: datetime) -> dict[str, Any] | None:
    """Return what was granted for it, and whether it is there; None where nothing was."""
    grant = Grant.objects.filter(request=row).select_related("system__owner", "system__site")
    one = grant.first()
    if one is None:
        return None
    return {"grant": one, "standing": one.standing(at), "there": presence.of([one])[one.pk]}


def following(row: AccessRequest, *, by: Actor, at: datetime) -> AccessRequest | None:
    """Return what ``by`` is to decide next, once ``row`` is decided."""
    if row.state == RequestState.OPEN:
        return None
    return request_turns.of(by, at=at).order_by("due_at", "pk").first()


def said(row: AccessRequest, verdict: str) -> str:
    """Return in words what was decided about what, and for whom."""
    who = row.grantee or row.requester
    if verdict == "deny":
        return f"Refused: {row}, asked by {row.requester}."
    days = f"{row.days} day{'' if row.days == 1 else 's'}"
    if row.state == RequestState.OPEN:
        return f"Approved by you as the first of two: {row}, for {who}, {days}."
    return f"Approved: {row}, for {who}, {days}."


def page_of(reference: str) -> str:
    """Return the address of the page of a record; empty where it has none of its own."""
    try:
        found = references.parse(reference)
        return reverse(found.type.replace(".", ":"), args=[found.key])
    except (ValueError, NoReverseMatch):
        return ""


def _held(row: AccessRequest, *, by: Actor, at: datetime) -> list[Grant]:
    """Return what the same person or login has in that system, as far as ``by`` may read it."""
    theirs = Q(principal=row.principal) | Q(grantee=row.grantee or row.requester)
    held = access.visible(
        Grant.objects.in_force(at).filter(theirs, system=row.system),
        to=by,
        act=Act.GRANT_READ,
        at=at,
    )
    return list(held.order_by("scope", "entitlement", "pk")[: HELD + 1])
