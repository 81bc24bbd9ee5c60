"""From an approval to a grant: given only when the policy, asked anew, permits the access."""

from datetime import datetime

from django.db import IntegrityError, transaction

from governance import access, audit, notices
from governance.domain.actor import Actor
from governance.domain.decisions import OPEN_TO_GRANTS
from governance.errors import WardroomError
from governance.models import AccessRequest, Grant, RequestState
from governance.permissions import Act, Event
from governance.queries import presence, questions

MISSING = 300


class _Short(Exception):
    """The access is not permitted with the grant in place; the text says what is missing."""


@transaction.atomic
def fulfil(request: AccessRequest, *, by: Actor, at: datetime) -> Grant | None:
    """Grant what was approved if the policy then permits it, else say what is missing.

    ``request`` is approved and waiting. The clock stops with the grant, not before. ``by`` is
    who approved, or the service that looks again.
    """
    try:
        with transaction.atomic():
            grant = _given(request, at=at)
    except _Short as short:
        request.missing = str(short)[:MISSING]
        AccessRequest.objects.filter(pk=request.pk, state=RequestState.APPROVED).exclude(
            missing=request.missing
        ).update(missing=request.missing)
        return None
    AccessRequest.objects.filter(pk=request.pk).update(
        state=RequestState.GRANTED, missing="", resolved_at=at
    )
    request.refresh_from_db()
    audit.record(
        by=by,
        act=Event.ACCESS_GRANTED,
        ref=grant.ref,
        at=at,
        request=request.ref,
        case=request.case,
        until=grant.valid_to,
    )
    notices.send(
        to={request.requester, request.grantee or request.requester},
        subject=f"Granted: {request}"[:160],
        text=f"Until {grant.valid_to:%b %d, %Y, %H:%M} UTC. Purpose: {request.purpose}",
        ref=grant.ref,
        key=f"request_granted:{request.pk}",
        at=at,
    )
    _tell_giver(request, grant, at=at)
    return grant


def _tell_giver(request: AccessRequest, grant: Grant, *, at: datetime) -> None:
    """Tell whoever looks after the system to give there what the policy does not give itself."""
    if grant.act or presence.of([grant])[grant.pk].holds:
        return
    system = request.system
    notices.send(
        to=[system.owner]
        if system.owner
        else notices.holders("administrator", site=system.site, at=at),
        subject=f"Give in {system}: {request}"[:160],
        text=f"Approved until {grant.valid_to:%b %d, %Y, %H:%M} UTC, and not there yet.",
        ref=grant.ref,
        key=f"request_ungiven:{request.pk}",
        at=at,
    )


def _given(request: AccessRequest, *, at: datetime) -> Grant:
    """Insert the grant and ask the policy with it in place.

    Raises:
        _Short: the policy does not permit it, or an equal grant came in between.
    """
    before = (
        Grant.objects.filter(
            system=request.system,
            principal=request.principal,
            entitlement=request.entitlement,
            scope=request.scope,
            revoked_at=None,
            valid_to__gt=at,
        )
        .order_by("-valid_to")
        .first()
    )
    # An extension begins where the grant before it ends: no instant is covered twice.
    start = before.valid_to if before else at
    grant = Grant(
        case=request.case,
        system=request.system,
        grantee=request.grantee,
        resource=request.resource if request.grantee_id else "",
        act=request.act if request.grantee_id else "",
        principal=request.principal,
        entitlement=request.entitlement,
        scope=request.scope,
        level=request.level,
        valid_from=start,
        valid_to=start + request.ends_after,
        request=request,
        approved_by=request.decided_by,
        reason=(request.decision_reason or request.purpose)[:300],
    )
    try:
        with transaction.atomic():
            grant.save()
    except IntegrityError as error:
        if "grant_is_live_once" not in str(error):
            raise
        raise _Short("An equal grant was given meanwhile.") from error
    _ask(request, grant, at=at)
    return grant


def _ask(request: AccessRequest, grant: Grant, *, at: datetime) -> None:
    """Ask whether whoever gets the access may hold it, and use it where it is about a record.

    That no rule speaks of holding is no obstacle: lifting that is what a grant is for. The
    second factor is taken as proven, since it is asked for again when the access is used.

    Raises:
        _Short: one of the answers is no.
    """
    if request.grantee is None:
        return
    holder = request.grantee.as_actor(has_mfa=True)
    held = access.ask(holder, Act.GRANT_HOLD, grant, at=at)
    if not held.allow and held.reason not in OPEN_TO_GRANTS:
        raise _Short(held.sentence())
    if not request.resource:
        return
    try:
        record = questions.record(request.resource)
    except WardroomError as error:
        raise _Short(error.detail) from error
    used = access.ask(holder, request.act, record, at=at, purpose=request.purpose)
    if not used.allow:
        raise _Short(used.sentence())
