"""What somebody may do next with a policy version: for the buttons of its page."""

from dataclasses import dataclass
from datetime import datetime

from governance import access
from governance.domain.actor import Actor
from governance.models import PolicyHead, PolicyReview, PolicyShadow, PolicyState, PolicyVersion
from governance.models.policy import IN_FORCE_ONCE
from governance.permissions import Act
from governance.queries import contents, policy_checks

SHADOWED = (PolicyState.DRAFT, PolicyState.IN_REVIEW, PolicyState.APPROVED)


@dataclass(frozen=True, slots=True)
class Steps:
    """Each step that is open to this person now; ``why_not`` says what stands in the way."""

    edit: bool
    submit: bool
    approve: bool
    reject: bool
    publish: bool
    withdraw: bool
    roll_back: bool
    rebase: bool
    shadow: bool
    end_shadow: bool
    review: bool
    why_not: str = ""

    @property
    def any(self) -> bool:
        named = (self.submit, self.approve, self.reject, self.publish, self.withdraw)
        return any((*named, self.roll_back, self.rebase, self.shadow, self.end_shadow, self.review))


def steps(version: PolicyVersion, *, by: Actor, at: datetime) -> Steps:
    """Return what ``by`` may do with ``version``, as the actions would decide it."""

    def may(act: Act) -> bool:
        return access.allows(by, act, version, at=at)

    state, is_own = version.state, version.author == by.ref
    head_id = PolicyHead.objects.values_list("version_id", flat=True).first()
    is_stale = version.parent_id != head_id
    is_draft = state == PolicyState.DRAFT
    decides = state == PolicyState.IN_REVIEW and not is_own and may(Act.POLICY_DECIDE)
    gains = bool(decides) and _gains(version, by, at)
    trial = PolicyShadow.objects.filter(ended_at=None).values_list("version_id", flat=True).first()
    shadows = state in SHADOWED and may(Act.POLICY_SHADOW)
    return Steps(
        edit=is_draft and is_own and may(Act.POLICY_DRAFT),
        submit=is_draft and is_own and may(Act.POLICY_SUBMIT),
        approve=decides and not gains,
        reject=decides,
        publish=state == PolicyState.APPROVED and not is_stale and may(Act.POLICY_PUBLISH),
        withdraw=(state == PolicyState.APPROVED or (is_draft and is_own))
        and may(Act.POLICY_WITHDRAW),
        roll_back=state in IN_FORCE_ONCE and version.pk != head_id and may(Act.POLICY_ROLL_BACK),
        rebase=state in SHADOWED and is_stale and may(Act.POLICY_DRAFT),
        shadow=shadows and trial is None,
        end_shadow=trial == version.pk and may(Act.POLICY_SHADOW),
        review=not is_own and waits_for_review(version) and may(Act.POLICY_REVIEW),
        why_not=_why_not(version, is_own=is_own, is_stale=is_stale, gains=gains),
    )


def waits_for_review(version: PolicyVersion) -> bool:
    """Say whether it is a rollback that came into force and that nobody has reviewed yet."""
    if version.review_due_at is None:
        return False
    return not PolicyReview.objects.filter(version=version).exists()


def _gains(version: PolicyVersion, by: Actor, at: datetime) -> bool:
    head = contents.head()
    if head is None:
        return False
    old, new = contents.content(head), contents.content(version)
    return bool(policy_checks.gains(old, new, by.ref, at=at))


def _why_not(version: PolicyVersion, *, is_own: bool, is_stale: bool, gains: bool) -> str:
    if is_own and waits_for_review(version):
        return "You rolled back: somebody else of the board reviews it."
    if version.state == PolicyState.IN_REVIEW and is_own:
        return "It is yours: somebody else must decide about it."
    if gains:
        return "You would gain by it: somebody who does not must approve it."
    if version.state in SHADOWED and is_stale:
        return "Another policy came into force since: it must be drafted anew on top of it."
    return ""
