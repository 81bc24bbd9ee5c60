"""What is not even asked for: the impossible, the colliding, the too long, the same again."""

from datetime import datetime

from governance.actions.granting import TermTooLong
from governance.domain import grants
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused
from governance.models import AccessRequest, Grant
from governance.queries import separation, vocabulary

MOST_DAYS = 365
"""So long lasts the longest access, by the constraint of the table."""


class DutiesCollide(Refused):
    """Together with what the principal has, the access would break a separation of duties."""

    code = "duties_collide"


class UnknownThere(Refused):
    """The system was looked into, and has no such right or no such place."""

    code = "unknown_in_system"


class DuplicateRequest(Conflict):
    """The same access is asked for already and waits for its decision."""

    code = "duplicate_request"


def screen(request: AccessRequest, *, by: Actor, at: datetime) -> None:
    """Refuse a request that cannot be, and note on it what whoever decides must know.

    Raises:
        UnknownThere, TermTooLong, DutiesCollide, DuplicateRequest, Refused: as each says.
    """
    refuse_long(request)
    refuse_unknown(request, by=by, at=at)
    request.full_clean()
    refuse_colliding(request, at=at)
    refuse_duplicate(request)
    _note_held(request, at=at)


def held_until(request: AccessRequest, *, at: datetime) -> datetime | None:
    """Return until when the very same is given already; None where it is not."""
    same = Grant.objects.in_force(at).filter(
        system=request.system,
        principal=request.principal,
        entitlement=request.entitlement,
        scope=request.scope,
        act=request.act,
    )
    return same.order_by("-valid_to").values_list("valid_to", flat=True).first()


def _note_held(request: AccessRequest, *, at: datetime) -> None:
    # An extension is asked for so: it is no mistake by itself, and whoever decides must know.
    if end := held_until(request, at=at):
        said = f"Given already until {end:%b} {end.day}, {end:%Y, %H:%M} UTC: this would follow it."
        request.caution = f"{said} {request.caution}".strip()[:300]


def refuse_colliding(request: AccessRequest, *, at: datetime) -> None:
    """Refuse what its principal must not hold beside what they have.

    Raises:
        DutiesCollide: a separation of duties says so.
    """
    wanted = (request.system, request.principal, request.entitlement, request.scope)
    for rule in separation.broken(*wanted, at=at):
        raise DutiesCollide(
            f"{request.principal} must not hold both sides of {rule}: {rule.reason}"
        )


def refuse_unknown(request: AccessRequest, *, by: Actor, at: datetime) -> None:
    """Refuse what the system does not have, and note what is not known of it.

    Raises:
        UnknownThere: it has no such entitlement or scope.
    """
    # What a record of ours is asked for is decided by the policy alone, whatever the system has.
    if request.act:
        return
    known = vocabulary.of(request.system)
    wanted = {"entitlement": request.entitlement, "scope": request.scope}
    for sentence in vocabulary.faults(known, **wanted, to=by, at=at).values():
        raise UnknownThere(sentence)
    request.caution = vocabulary.caution(known, request.principal)


def refuse_long(request: AccessRequest) -> None:
    """Refuse a term that nobody gets.

    Raises:
        TermTooLong: longer than data of this class are given to anybody.
        Refused: less than a day.
    """
    if request.days < 1:
        raise Refused("Access lasts a day at least.")
    # Asked before the fields are cleaned: the constraint behind it speaks to nobody.
    most = grants.longest(request.level)
    if request.ends_after > most:
        what = request.level or "these"
        raise TermTooLong(f"Access to {what} data lasts {most.days} days at most.")


def refuse_duplicate(request: AccessRequest, *, any_act: bool = False) -> None:
    """Refuse what is pending for the same person; with ``any_act`` whatever act it names.

    Raises:
        DuplicateRequest: it is asked for already.
    """
    same = AccessRequest.objects.pending().filter(
        system=request.system,
        grantee=request.grantee,
        principal=request.principal,
        entitlement=request.entitlement,
        scope=request.scope,
    )
    known = (same if any_act else same.filter(act=request.act)).first()
    if known is not None:
        raise DuplicateRequest(
            f"{known} is asked for already, since {known.submitted_at:%b %d, %H:%M} UTC."
        )
