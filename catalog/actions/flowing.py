"""Saying which data flow where, and noting what a sensor saw."""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from catalog.domain.zones import protocol as named
from catalog.errors import NoReason
from catalog.models import Asset, Flow
from catalog.permissions import Act
from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import BadInput, Conflict

# Equal requests wait for each other here; the second one then finds what the first did.
_WAIT = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


@transaction.atomic
def declare(
    *,
    src: Asset,
    dst: Asset | None,
    protocol: str,
    purpose: str,
    by: Actor,
    at: datetime,
    party_ref: str = "",
    port: int | None = None,
    token: UUID | None = None,
) -> Flow:
    """Declare that data flow from ``src`` to ``dst``, or to the party ``party_ref`` outside.

    A flow that was only seen so far becomes a declared one. With a ``token`` that declared
    this flow before, the same flow is returned.

    Raises:
        NotAllowed: ``by`` may not declare flows of ``src``.
        NoReason: nothing says what for.
        BadInput: the protocol has no name, or there is not exactly one end.
        Conflict: it is declared already, or ``token`` was used for another flow.
        ValidationError: a field does not fit.
    """
    flow = _flow(src, dst, party_ref, protocol, port)
    require(by, Act.FLOW_DECLARE, flow, at=at)
    flow.purpose = " ".join(purpose.split())
    if not flow.purpose:
        raise NoReason("Say what the data flow for.")
    flow.declared_by, flow.declared_at, flow.token = by.ref, at, token
    flow.full_clean(validate_unique=False, validate_constraints=False)
    if token is not None:
        _wait(f"flow token {token}")
        told = Flow.objects.filter(token=token).first()
        if told is not None:
            if _key(told) != _key(flow) or told.purpose != flow.purpose:
                raise Conflict("This Idempotency-Key was used for another flow.")
            return told
    known = _known(flow)
    if known is None:
        flow.save()
    elif known.declared_at is not None:
        raise Conflict(f"{known} is declared already")
    else:
        known.purpose, known.declared_by = flow.purpose, flow.declared_by
        known.declared_at, known.token = at, token
        known.save(update_fields=["purpose", "declared_by", "declared_at", "token"])
        flow = known
    audit.record(
        by=by,
        act=Act.FLOW_DECLARE,
        ref=flow.ref,
        at=at,
        src=src.ref,
        dst=dst.ref if dst else party_ref,
        protocol=flow.protocol,
        port=port,
        purpose=flow.purpose,
    )
    return flow


@transaction.atomic
def observe(
    *,
    src: Asset,
    dst: Asset | None,
    protocol: str,
    by: Actor,
    at: datetime,
    party_ref: str = "",
    port: int | None = None,
    seen_at: datetime | None = None,
) -> Flow:
    """Note that a sensor saw data flow at ``seen_at``, now unless said otherwise.

    Seeing the same again moves the last sight only, and never back.

    Raises:
        NotAllowed: ``by`` may not report flows of ``src``.
        BadInput: the protocol has no name, there is not exactly one end, or ``seen_at`` is
            in the future.
        ValidationError: a field does not fit.
    """
    flow = _flow(src, dst, party_ref, protocol, port)
    require(by, Act.FLOW_OBSERVE, flow, at=at)
    seen = seen_at or at
    if seen > at:
        raise BadInput("seen_at: nothing was seen in the future", pointer="/seen_at")
    flow.first_seen_at = flow.observed_at = seen
    flow.full_clean(validate_unique=False, validate_constraints=False)
    known = _known(flow)
    if known is None:
        flow.save()
        audit.record(by=by, act=Act.FLOW_OBSERVE, ref=flow.ref, at=at, flow=str(flow))
        return flow
    known.first_seen_at = min(known.first_seen_at or seen, seen)
    known.observed_at = max(known.observed_at or seen, seen)
    known.save(update_fields=["first_seen_at", "observed_at"])
    audit.record(by=by, act=Act.FLOW_OBSERVE, ref=known.ref, at=at, seen_at=seen.isoformat())
    return known


@transaction.atomic
def end(flow: Flow, *, reason: str, by: Actor, at: datetime) -> None:
    """Take a flow out of the picture: it was stopped, or declared for nothing.

    A sensor that sees it again lists it anew, as undeclared.

    Raises:
        NotAllowed: ``by`` may not declare flows of its source.
        NoReason: nothing says why.
        Conflict: it has ended already.
    """
    require(by, Act.FLOW_DECLARE, flow, at=at)
    if not reason.strip():
        raise NoReason("Say why.")
    if not Flow.objects.filter(pk=flow.pk, gone_at=None).update(gone_at=at):
        raise Conflict(f"{flow} has ended already")
    audit.record(by=by, act=Act.FLOW_DECLARE, ref=flow.ref, at=at, ended=True, reason=reason)


def _flow(src: Asset, dst: Asset | None, party_ref: str, protocol: str, port: int | None) -> Flow:
    if (dst is None) == (not party_ref):
        raise BadInput("dst: a flow ends at one asset or at one party", pointer="/dst")
    if src == dst:
        raise BadInput("dst: a flow leaves its source", pointer="/dst")
    if port is not None and not 0 < port < 65536:
        raise BadInput("port: not from 1 to 65535", pointer="/port")
    try:
        return Flow(src=src, dst=dst, party_ref=party_ref, protocol=named(protocol), port=port)
    except ValueError as error:
        raise BadInput(f"protocol: {error}", pointer="/protocol") from error


def _known(flow: Flow) -> Flow | None:
    """Return the live flow with the same ends, once nobody else is about to list it."""
    _wait(f"flow source {flow.src_id}")
    return Flow.objects.live().filter(**_key(flow)).first()


def _key(flow: Flow) -> dict[str, object]:
    fields = ("src_id", "dst_id", "party_ref", "protocol", "port")
    return {name: getattr(flow, name) for name in fields}


def _wait(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_WAIT, [name])
