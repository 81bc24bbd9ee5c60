"""Deciding about a submitted policy, withdrawing it, and bringing an old one back."""

from datetime import datetime

from django.db import transaction

from governance import audit
from governance.access import require
from governance.actions import drafting, policy
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused
from governance.models import PolicyReview, PolicyState, PolicyVersion
from governance.models.policy import IN_FORCE_ONCE
from governance.permissions import Act
from governance.queries import contents, policy_checks


class OwnPolicy(Refused):
    """Nobody decides about a policy of their own."""

    code = "own_policy"


class Beneficiary(Refused):
    """Nobody approves a policy by which they gain."""

    code = "policy_beneficiary"


@transaction.atomic
def approve(
    version: PolicyVersion, *, by: Actor, at: datetime, reason: str, sha256: str
) -> PolicyVersion:
    """Approve the content with the digest ``sha256``: what ``by`` has read.

    Raises:
        NotAllowed: ``by`` may not decide about policies.
        OwnPolicy: ``by`` is its author.
        Beneficiary: ``by`` could do more by it than by the version in force.
        policy.ContentChanged: its content is another than the one read.
        Refused: no reason is given.
        Conflict: it is not in review.
    """
    version = _in_review(version, by=by, at=at)
    if not reason.strip():
        raise Refused("An approval needs a reason: it is signed with the version.")
    content = contents.content(version)
    if not content.sha256 == version.content_sha256 == sha256:
        raise policy.ContentChanged(f"{version} has another content than the one you read")
    head = contents.head()
    if head is not None:
        gains = policy_checks.gains(contents.content(head), content, by.ref, at=at)
        if gains:
            raise Beneficiary(
                f"You would gain by it: {gains[0].act} at {gains[0].domain}."
                " Somebody who does not must approve it."
            )
    _decide(version, PolicyState.APPROVED, by=by, at=at, reason=reason, sha256=sha256)
    return version


@transaction.atomic
def reject(version: PolicyVersion, *, by: Actor, at: datetime, reason: str) -> PolicyVersion:
    """Refuse what was submitted; its author may draft another.

    Raises:
        NotAllowed: ``by`` may not decide about policies.
        OwnPolicy: ``by`` is its author, who withdraws instead.
        Refused: no reason is given.
        Conflict: it is not in review.
    """
    version = _in_review(version, by=by, at=at)
    if not reason.strip():
        raise Refused("A refusal needs a reason.")
    _decide(version, PolicyState.REJECTED, by=by, at=at, reason=reason)
    return version


@transaction.atomic
def withdraw(version: PolicyVersion, *, by: Actor, at: datetime, reason: str) -> PolicyVersion:
    """Take back a draft, by its author, or an approved version that is not in force yet.

    Raises:
        NotAllowed: ``by`` may not withdraw.
        drafting.NotTheAuthor: it is the draft of somebody else.
        Refused: no reason is given.
        Conflict: it is in another state.
    """
    version = PolicyVersion.objects.select_for_update().get(pk=version.pk)
    require(by, Act.POLICY_WITHDRAW, version, at=at)
    if version.state not in (PolicyState.DRAFT, PolicyState.APPROVED):
        raise Conflict(f"{version} is {version.get_state_display().lower()}")
    if version.state == PolicyState.DRAFT and version.author != by.ref:
        raise drafting.NotTheAuthor(f"{version} is somebody else's draft")
    if not reason.strip():
        raise Refused("Withdrawing needs a reason.")
    done = PolicyVersion.objects.filter(pk=version.pk, state=version.state).update(
        state=PolicyState.WITHDRAWN,
        decided_at=at,
        decided_by=by.ref,
        decision_reason=reason.strip()[:300],
        approved_sha256="",
    )
    if not done:
        raise Conflict(f"{version} is in another state by now")
    version.refresh_from_db()
    audit.record(by=by, act=Act.POLICY_WITHDRAW, ref=version.ref, at=at, reason=reason)
    return version


@transaction.atomic
def roll_back(to: PolicyVersion, *, by: Actor, at: datetime, reason: str) -> PolicyVersion:
    """Submit the content of ``to``, which was in force, as a new version.

    It passes the same gates as any other and needs one approver; the head never moves back.

    Raises:
        NotAllowed: ``by`` may not roll back.
        Refused: no reason is given.
        Conflict: ``to`` was never in force, or is.
        drafting.NotReady: lint or its tests say no, as things are today.
    """
    head = policy.locked_head()
    to = PolicyVersion.objects.get(pk=to.pk)
    require(by, Act.POLICY_ROLL_BACK, to, at=at)
    if to.state not in IN_FORCE_ONCE:
        raise Conflict(f"{to} was never in force")
    if head.version is None or head.version_id == to.pk:
        raise Conflict(f"{to} is in force")
    if not reason.strip():
        raise Refused("A rollback needs a reason.")
    content = contents.content(to)
    version = policy.create(
        content, parent=head.version, by=by, at=at, note=reason.strip()[:300], restores=to
    )
    audit.record(
        by=by, act=Act.POLICY_ROLL_BACK, ref=version.ref, at=at, restores=to.ref, reason=reason
    )
    drafting.hand_over(version, content, by=by, at=at)
    return version


@transaction.atomic
def review(version: PolicyVersion, *, by: Actor, at: datetime, reason: str) -> PolicyReview:
    """Say what a second look at a rollback in force has found; due in 24 h, done once.

    Raises:
        NotAllowed: ``by`` may not review.
        OwnPolicy: ``by`` rolled back.
        Refused: no reason is given.
        Conflict: it is no rollback that came into force, or was reviewed already.
    """
    version = PolicyVersion.objects.select_for_update().get(pk=version.pk)
    require(by, Act.POLICY_REVIEW, version, at=at)
    if version.review_due_at is None:
        raise Conflict(f"{version} is no rollback that came into force")
    if version.author == by.ref:
        raise OwnPolicy("Somebody else must review a rollback of yours.")
    if not reason.strip():
        raise Refused("A review says what it found.")
    found, is_new = PolicyReview.objects.get_or_create(
        version=version, defaults={"by": by.ref, "at": at, "reason": reason.strip()[:300]}
    )
    if not is_new:
        raise Conflict(f"{version} was reviewed already")
    audit.record(by=by, act=Act.POLICY_REVIEW, ref=version.ref, at=at, reason=found.reason)
    return found


def _in_review(version: PolicyVersion, *, by: Actor, at: datetime) -> PolicyVersion:
    version = PolicyVersion.objects.select_for_update().get(pk=version.pk)
    require(by, Act.POLICY_DECIDE, version, at=at)
    if version.author == by.ref:
        raise OwnPolicy("Somebody else must decide about a policy of yours.")
    if version.state != PolicyState.IN_REVIEW:
        raise Conflict(f"{version} is {version.get_state_display().lower()}, not in review")
    return version


def _decide(
    version: PolicyVersion,
    state: PolicyState,
    *,
    by: Actor,
    at: datetime,
    reason: str,
    sha256: str = "",
) -> None:
    done = PolicyVersion.objects.filter(pk=version.pk, state=PolicyState.IN_REVIEW).update(
        state=state,
        decided_at=at,
        decided_by=by.ref,
        decision_reason=reason.strip()[:300],
        approved_sha256=sha256,
    )
    if not done:
        raise Conflict(f"{version} was decided already")
    version.refresh_from_db()
    audit.record(
        by=by,
        act=Act.POLICY_DECIDE,
        ref=version.ref,
        at=at,
        state=state,
        reason=reason,
        sha256=sha256 or None,
    )
