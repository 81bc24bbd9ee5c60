"""Sealing access for emergencies, opening a seal, and reviewing that afterwards."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from governance import audit, notices
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused, WardroomError
from governance.models import Activation, GovernedSystem, Grant, SealedAccess, User
from governance.models.break_glass import LONGEST, OVERRIDE_LASTS, REVIEW_WITHIN, ReviewOutcome
from governance.permissions import Act
from governance.queries import resources


class SecondFactorNeeded(WardroomError):
    """A second factor must be proven first."""

    code = "mfa_required"
    status = 403
    title = "A second factor is needed"


class ReviewOverdue(Refused):
    """An earlier opening of a seal was not reviewed in time: until then there is no other."""

    code = "review_overdue"


@transaction.atomic
def seal(
    *,
    name: str,
    system: GovernedSystem,
    principal: str,
    entitlement: str,
    scope: str,
    by: Actor,
    at: datetime,
    resource: str = "",
    act: str = "",
) -> SealedAccess:
    """Make an entitlement ready for emergencies.

    Raises:
        NotAllowed: ``by`` may not seal access to this system.
    """
    row = SealedAccess(
        name=name,
        system=system,
        principal=principal,
        entitlement=entitlement,
        scope=scope,
        resource=resource,
        act=act,
        sealed_at=at,
        sealed_by=by.ref,
    )
    require(by, Act.SEAL_LAY, row, at=at)
    row.full_clean()
    row.save()
    audit.record(by=by, act=Act.SEAL_LAY, ref=row.ref, at=at)
    return row


@transaction.atomic
def withdraw(sealed: SealedAccess, *, by: Actor, at: datetime, reason: str) -> None:
    """Take a seal away: it cannot be opened any more.

    Raises:
        NotAllowed: ``by`` may not seal access to this system.
        Conflict: it was taken away before.
    """
    require(by, Act.SEAL_LAY, sealed, at=at)
    if not SealedAccess.objects.filter(pk=sealed.pk, withdrawn_at=None).update(withdrawn_at=at):
        raise Conflict(f"{sealed} was withdrawn already")
    audit.record(by=by, act=Act.SEAL_LAY, ref=sealed.ref, at=at, withdrawn=True, reason=reason)


@transaction.atomic
def activate(
    sealed: SealedAccess,
    *,
    user: User,
    reason: str,
    by: Actor,
    at: datetime,
    minutes: int = int(LONGEST.total_seconds()) // 60,
) -> Activation:
    """Open the seal for ``user``, who is ``by``: effective at once, over by itself.

    The review is due from this instant on. Security on call, the owner and the board hear of it.

    Raises:
        NotAllowed: ``by`` may not open seals here.
        SecondFactorNeeded: ``by`` has proven no second factor.
        ReviewOverdue: an earlier opening by ``user`` waits for its review too long.
        Refused: no reason, or longer than an hour.
        Conflict: it is withdrawn, or open already.
    """
    activation = Activation(sealed=sealed, user=user, reason=reason.strip(), activated_at=at)
    require(by, Act.BREAK_GLASS_ACTIVATE, activation, at=at)
    if by.ref != user.as_actor().ref:
        raise Refused("Who opens a seal does it in person.")
    if not by.has_mfa:
        raise SecondFactorNeeded("Prove your second factor, then open the seal.")
    # The person's row is held: of two openings at once the second sees the first.
    User.objects.select_for_update().get(pk=user.pk)
    if Activation.objects.filter(user=user).barring(at).exists():
        raise ReviewOverdue(
            "Your last opening of a seal has not been reviewed in time. The incident commander "
            "can let you go on."
        )
    term = timedelta(minutes=minutes)
    if not activation.reason or not timedelta() < term <= LONGEST:
        raise Refused("A seal is opened for a reason, and for 60 minutes at most.")
    if sealed.withdrawn_at is not None:
        raise Conflict(f"{sealed} was withdrawn")
    facts = resources.facts(sealed.resource or resources.located(sealed.system, sealed.scope))
    activation.grant = _grant(activation, facts.level, at=at, until=at + term)
    activation.review_due_at = at + REVIEW_WITHIN
    activation.save()
    audit.record(
        by=by,
        act=Act.BREAK_GLASS_ACTIVATE,
        ref=activation.ref,
        at=at,
        reason=activation.reason,
        until=at + term,
        case=activation.case,
    )
    _tell(activation, facts.owner, at=at)
    return activation


def _grant(activation: Activation, level: str, *, at: datetime, until: datetime) -> Grant:
    sealed = activation.sealed
    try:
        with transaction.atomic():
            return Grant.objects.create(
                case=activation.case,
                system=sealed.system,
                grantee=activation.user,
                resource=sealed.resource,
                act=sealed.act,
                principal=sealed.principal,
                entitlement=sealed.entitlement,
                scope=sealed.scope,
                level=level,
                valid_from=at,
                valid_to=until,
                origin="break_glass",
                approved_by=activation.user.as_actor().ref,
                reason=activation.reason,
            )
    except IntegrityError as error:
        if "grant_is_live_once" not in str(error) and "grant_is_given_once" not in str(error):
            raise
        raise Conflict(f"{sealed} is open already") from error


def _tell(activation: Activation, owner: User | None, *, at: datetime) -> None:
    site = activation.sealed.system.site
    to = {
        *notices.holders("soc_analyst", site=site, at=at),
        *notices.holders("board_member", site=site, at=at),
        *([owner] if owner else []),
    }
    notices.send(
        to=to - {activation.user},
        subject=f"Seal opened: {activation.sealed}"[:160],
        text=(
            f"{activation.user.name} took it until {activation.grant.valid_to:%H:%M} UTC. "
            f"Reason: {activation.reason}. Review due {activation.review_due_at:%b %d, %H:%M} UTC."
        ),
        ref=activation.ref,
        key=f"break_glass:{activation.pk}",
        at=at,
    )


@transaction.atomic
def review(
    activation: Activation, *, outcome: ReviewOutcome, text: str, by: Actor, at: datetime
) -> None:
    """Judge an opening afterwards. One that was not justified ends what is left of it.

    Raises:
        NotAllowed: ``by`` may not review here.
        Refused: ``by`` opened the seal, or says nothing.
        Conflict: it was reviewed already.
    """
    require(by, Act.BREAK_GLASS_REVIEW, activation, at=at)
    kind, _, key = by.ref.partition(":")
    if kind != "user" or UUID(key) == activation.user_id:
        raise Refused("Somebody else reviews what you opened.")
    if not text.strip():
        raise Refused("A review says what it found.")
    waiting = Activation.objects.filter(pk=activation.pk, reviewed_at=None)
    if not waiting.update(
        reviewed_at=at, reviewed_by=UUID(key), outcome=outcome, review_text=text.strip()
    ):
        raise Conflict(f"{activation} was reviewed already")
    if outcome is ReviewOutcome.MISUSED:
        Grant.objects.filter(pk=activation.grant_id, revoked_at=None, valid_to__gt=at).update(
            revoked_at=at, revoked_by=by.ref
        )
    activation.refresh_from_db()
    audit.record(
        by=by,
        act=Act.BREAK_GLASS_REVIEW,
        ref=activation.ref,
        at=at,
        outcome=outcome,
        reason=text,
        case=activation.case,
    )


@transaction.atomic
def override(activation: Activation, *, by: Actor, at: datetime, reason: str) -> None:
    """Let whoever opened a seal open another although the review of this one is overdue.

    For four hours, in an emergency that cannot wait for a reviewer. The review stays due.

    Raises:
        NotAllowed: ``by`` may not answer for that here.
        Refused: ``by`` opened the seal, gives no reason, or nothing is overdue.
        Conflict: it was reviewed meanwhile, or an override is running.
    """
    require(by, Act.BREAK_GLASS_OVERRIDE, activation, at=at)
    kind, _, key = by.ref.partition(":")
    if kind != "user" or UUID(key) == activation.user_id:
        raise Refused("Somebody else answers for your going on.")
    if not reason.strip():
        raise Refused("Say why it cannot wait for the review.")
    if at <= activation.review_due_at:
        raise Refused("Its review is not overdue: it bars nothing.")
    barring = Activation.objects.filter(pk=activation.pk).barring(at)
    if not barring.update(
        overridden_at=at, overridden_by=UUID(key), override_reason=reason.strip()
    ):
        raise Conflict(f"{activation} bars nothing any more")
    activation.refresh_from_db()
    audit.record(
        by=by,
        act=Act.BREAK_GLASS_OVERRIDE,
        ref=activation.ref,
        at=at,
        reason=reason,
        until=at + OVERRIDE_LASTS,
        case=activation.case,
    )
    notices.send(
        to={
            activation.user,
            *notices.holders("board_member", site=activation.sealed.system.site, at=at),
        },
        subject=f"Seal may be opened again: {activation.user}"[:160],
        text=(
            f"{by.name} answers for it until {at + OVERRIDE_LASTS:%H:%M} UTC, although the review "
            f"of {activation} is overdue. Reason: {reason}."
        ),
        ref=activation.ref,
        key=f"break_glass_override:{activation.pk}:{at:%Y%m%d%H%M%S}",
        at=at,
    )
