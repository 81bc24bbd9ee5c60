"""Which access requests wait for one person: to decide first or alone, or as the second of two."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from governance import access
from governance.domain.actor import Actor
from governance.models import AccessRequest, RequestState
from governance.permissions import Act


def of(by: Actor, *, at: datetime) -> "QuerySet[AccessRequest]":
    """Return the open requests that are for ``by`` to decide now; never own ones."""
    first = access.visible(
        AccessRequest.objects.filter(state=RequestState.OPEN, first_approved_at=None),
        to=by,
        act=Act.REQUEST_DECIDE,
        at=at,
    )
    second = AccessRequest.objects.filter(state=RequestState.OPEN, first_approved_at__isnull=False)
    kind, _, key = by.ref.partition(":")
    own = Q(pk__in=[])
    if kind == "user":
        person = UUID(key)
        own = Q(requester=person) | Q(grantee=person)
        first = first.filter(pk__in=AccessRequest.objects.turn_of(person, at).values("pk"))
        second = AccessRequest.objects.seconded_by(person)
    seconds = access.visible(second, to=by, act=Act.REQUEST_CONFIRM, at=at)
    rows = AccessRequest.objects.filter(
        Q(pk__in=first.order_by().values("pk")) | Q(pk__in=seconds.order_by().values("pk"))
    )
    return rows.exclude(own)
