"""Putting a policy in force, and telling every process that rules or memberships changed."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F, Max

from governance import audit, context
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused
from governance.models import (
    PolicyChange,
    PolicyHead,
    PolicyRule,
    PolicyState,
    PolicyVersion,
    User,
)
from governance.permissions import Act
from governance.policy import casbin_policy
from governance.policy.content import Content, Line
from governance.queries import contents


class NotTheHead(Conflict):
    """Another policy came into force since this one was drafted: draft it anew on top of it."""

    code = "policy_parent_is_not_the_head"


class ContentChanged(Refused):
    """What would be published is not what was approved."""

    code = "policy_content_changed"


# More than a process that is behind goes through.
_STEPS_KEPT = 1_000


@transaction.atomic
def lay(content: Content, *, by: Actor, at: datetime, note: str) -> PolicyVersion:
    """Put ``content`` in force from the shell; the same content again changes nothing.

    This is how the shipped baseline comes in, before there is anybody to approve it. Once
    the board has published a version of its own, a new baseline waits beside it as a draft.

    Raises:
        NotAllowed: ``by`` may not publish.
        casbin_policy.InvalidPolicy: Casbin cannot read the model.
    """
    head = locked_head()
    if head.version is not None:
        if contents.content(head.version) == content:
            return head.version
        require(by, Act.POLICY_PUBLISH, head.version, at=at)
    casbin_policy.build(content.model_conf, content.rules, [], sha256=content.sha256)
    if head.version is not None and head.version.author != by.ref:
        waiting = _waiting(content, by)
        return waiting or create(content, parent=head.version, by=by, at=at, note=note)
    version = create(content, parent=head.version, by=by, at=at, note=note)
    _put_in_force(head, version, PolicyState.DRAFT, by=by, at=at)
    return version


@transaction.atomic
def publish(version: PolicyVersion, *, by: Actor, at: datetime) -> PolicyVersion:
    """Put the approved ``version`` in force; the one before it is superseded.

    Whoever publishes holds the head: of two at once the second finds it moved.

    Raises:
        NotAllowed: ``by`` may not publish.
        Conflict: it is not approved.
        NotTheHead: its parent is not in force any more.
        ContentChanged: its content is not the approved one.
    """
    head = locked_head()
    version = PolicyVersion.objects.select_for_update().get(pk=version.pk)
    require(by, Act.POLICY_PUBLISH, version, at=at)
    if version.state != PolicyState.APPROVED:
        raise Conflict(f"{version} is {version.get_state_display().lower()}, not approved")
    if version.parent_id != head.version_id:
        raise NotTheHead(f"{head.version} is in force; {version} was drafted on {version.parent}")
    actual = contents.content(version).sha256
    if not actual == version.content_sha256 == version.approved_sha256:
        raise ContentChanged(f"{version} is not what {version.decided_by} approved")
    _put_in_force(head, version, PolicyState.APPROVED, by=by, at=at)
    return version


def locked_head() -> PolicyHead:
    """Return the head, held until the end of the transaction."""
    head, _ = PolicyHead.objects.select_for_update().get_or_create(pk=1)
    return head


def create(
    content: Content,
    *,
    parent: PolicyVersion | None,
    by: Actor,
    at: datetime,
    note: str,
    restores: PolicyVersion | None = None,
) -> PolicyVersion:
    """Write ``content`` down as the next draft; the head must be locked."""
    number = (PolicyVersion.objects.aggregate(top=Max("number"))["top"] or 0) + 1
    version = PolicyVersion.objects.create(
        number=number,
        parent=parent,
        restores=restores,
        model_conf=content.model_conf,
        tests=content.tests,
        content_sha256=content.sha256,
        author=by.ref,
        note=note,
        created_at=at,
    )
    write_rules(version, content.lines)
    return version


def write_rules(version: PolicyVersion, lines: Iterable[Line]) -> None:
    """Write ``lines`` in their order; the version holds none yet."""
    PolicyRule.objects.bulk_create(
        (
            PolicyRule(
                version=version,
                ordinal=ordinal,
                rid=line.rule.rid,
                sub=line.rule.sub,
                dom=line.rule.dom,
                rtype=line.rule.rtype,
                act=line.rule.act,
                cond=line.rule.cond,
                eft=line.rule.eft,
                obligations=line.rule.obligations,
                is_overridable=line.is_overridable,
            )
            for ordinal, line in enumerate(lines)
        ),
        batch_size=1000,
    )


def _waiting(content: Content, by: Actor) -> PolicyVersion | None:
    rows = PolicyVersion.objects.filter(
        content_sha256=content.sha256, author=by.ref, state=PolicyState.DRAFT
    )
    return next((row for row in rows if contents.content(row) == content), None)


def _put_in_force(
    head: PolicyHead, version: PolicyVersion, state: PolicyState, *, by: Actor, at: datetime
) -> None:
    if head.version_id is not None:
        PolicyVersion.objects.filter(pk=head.version_id, state=PolicyState.PUBLISHED).update(
            state=PolicyState.SUPERSEDED
        )
    done = PolicyVersion.objects.filter(pk=version.pk, state=state).update(
        state=PolicyState.PUBLISHED, published_at=at, published_by=by.ref
    )
    if not done:
        raise Conflict(f"{version} is in another state by now")
    version.refresh_from_db()
    PolicyHead.objects.filter(pk=head.pk).update(
        version=version, policy_seq=F("policy_seq") + 1, stamp=uuid.uuid4()
    )
    _look_anew()
    audit.record(
        by=by,
        act=Act.POLICY_PUBLISH,
        ref=version.ref,
        at=at,
        number=version.number,
        sha256=version.content_sha256,
        note=version.note,
        restores=version.restores.ref if version.restores else None,
    )


def restamp(user: User | None = None) -> None:
    """Say, in the running transaction, that memberships, people or sites changed.

    Args:
        user: the one whose memberships changed, if nothing else did.
    """
    before = PolicyHead.objects.select_for_update().values_list("stamp", flat=True).first()
    if before is None:
        return
    after = uuid.uuid4()
    PolicyHead.objects.filter(pk=1).update(grant_seq=F("grant_seq") + 1, stamp=after)
    change = PolicyChange.objects.create(stamp=after, before=before, user=user)
    PolicyChange.objects.filter(pk__lte=change.pk - _STEPS_KEPT).delete()
    _look_anew()


def _look_anew() -> None:
    if now := context.current():
        now.forget_head()
