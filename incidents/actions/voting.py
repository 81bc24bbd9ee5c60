"""Approvals: others than whoever asked pass a rendered command, or refuse it."""

from datetime import datetime

from django.db import transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from incidents.actions import noting, stepping, timing
from incidents.domain.engine.events import Approved, Declined
from incidents.domain.engine.state import Key
from incidents.errors import ApprovalOver, OwnCommand, ReasonMissing
from incidents.models import Approval, ApprovalVote, EntryKind, Run
from incidents.models.approval import ApprovalState
from incidents.permissions import Act


@transaction.atomic
def vote(
    approval: Approval, *, digest: str, is_for: bool, by: Actor, at: datetime, reason: str = ""
) -> Approval:
    """Pass or refuse what ``digest`` stands for; with enough votes for it the command is sent.

    Raises:
        NotAllowed: ``by`` may not.
        OwnCommand: ``by`` asked for it, or has voted.
        ApprovalOver: it waits no more, has run out, or the digest is another.
        ReasonMissing: a refusal gives its reason.
        IncidentEnded: the incident was closed or dismissed.
    """
    reason = noting.clean(reason)
    require(by, Act.APPROVAL_VOTE, approval, at=at)
    incident = timing.lock(approval.run.incident)
    run = stepping.lock(approval.run_id)
    held = Approval.objects.select_for_update().get(pk=approval.pk)
    if held.state != ApprovalState.OPEN or held.request_sha256 != digest or at > held.expires_at:
        raise ApprovalOver("This approval does not wait any more, or is about something else now.")
    if by.ref == held.requested_by or held.votes.filter(by=by.ref).exists():
        raise OwnCommand("Somebody else passes it: not who asked for it, and nobody twice.")
    if not is_for and not reason:
        raise ReasonMissing("Say why it must not be done.")
    ApprovalVote.objects.create(
        approval=held,
        by=by.ref,
        requested_by=held.requested_by,
        at=at,
        is_for=is_for,
        request_sha256=digest,
        reason=reason,
    )
    words = "approved" if is_for else "refused"
    audit.record(
        by=by, act=Act.APPROVAL_VOTE, ref=held.ref, at=at, sha256=digest, said=words,
        reason=reason or None,
    )  # fmt: skip
    text = f"Command {digest[:8]} of {run.name} {words}" + (f": {reason}" if reason else "")
    noting.append(incident, EntryKind.STEP, text, by=by, at=at)
    step = held.step_run
    key = Key(step.token.path, step.step_id, step.visit)
    if not is_for:
        _end(held, ApprovalState.REFUSED, at=at)
        stepping.take(run, Declined(key, reason), by=by, at=at)
    elif held.votes.filter(is_for=True).count() >= held.needed:
        _end(held, ApprovalState.GIVEN, at=at)
        stepping.take(run, Approved(key), by=by, at=at)
    return held


def expire(run: Run, *, at: datetime) -> list[Declined]:
    """End the approvals of a locked run that ran out; return what their steps are to hear."""
    found = []
    rows = Approval.objects.filter(run=run, state=ApprovalState.OPEN, expires_at__lt=at)
    for row in rows.select_related("step_run__token"):
        _end(row, ApprovalState.EXPIRED, at=at)
        step = row.step_run
        key = Key(step.token.path, step.step_id, step.visit)
        found.append(Declined(key, "nobody passed it in time"))
    return found


def _end(approval: Approval, state: ApprovalState, *, at: datetime) -> None:
    approval.state, approval.ended_at = state, at
    approval.save(update_fields=["state", "ended_at"])
