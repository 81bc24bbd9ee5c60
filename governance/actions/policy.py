"""Publishing a policy, and telling every process that rules or memberships changed."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, Max

from governance import audit, context
from governance.access import require
from governance.domain.actor import Actor
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
from governance.policy.casbin_policy import Rule

# More than a process that is behind goes through.
_STEPS_KEPT = 1_000


@transaction.atomic
def publish(
    model_conf: str, rules: Sequence[Rule], *, by: Actor, at: datetime, note: str
) -> PolicyVersion:
    """Put ``rules`` in force as the next version; the same content again changes nothing.

    The very first version is published without asking the policy, since there is none.

    Raises:
        NotAllowed: ``by`` may not publish.
        casbin_policy.InvalidPolicy: Casbin cannot read the model.
    """
    head, _ = PolicyHead.objects.select_for_update().get_or_create(pk=1)
    sha256 = casbin_policy.content_sha256(model_conf, rules)
    if head.version is not None and head.version.content_sha256 == sha256:
        return head.version
    casbin_policy.build(model_conf, rules, [], sha256=sha256)
    number = (PolicyVersion.objects.aggregate(top=Max("number"))["top"] or 0) + 1
    version = PolicyVersion(
        number=number,
        parent=head.version,
        state=PolicyState.PUBLISHED,
        model_conf=model_conf,
        content_sha256=sha256,
        author=by.ref,
        note=note,
        created_at=at,
        published_at=at,
    )
    if head.version is not None:
        require(by, Act.POLICY_PUBLISH, version, at=at)
        PolicyVersion.objects.filter(pk=head.version.pk).update(state=PolicyState.SUPERSEDED)
    version.save()
    PolicyRule.objects.bulk_create(
        PolicyRule(
            version=version,
            ordinal=ordinal,
            rid=rule.rid,
            sub=rule.sub,
            dom=rule.dom,
            rtype=rule.rtype,
            act=rule.act,
            cond=rule.cond,
            eft=rule.eft,
        )
        for ordinal, rule in enumerate(rules)
    )
    PolicyHead.objects.filter(pk=1).update(
        version=version, policy_seq=F("policy_seq") + 1, stamp=uuid.uuid4()
    )
    _look_anew()
    audit.record(
        by=by,
        act=Act.POLICY_PUBLISH,
        ref=version.ref,
        at=at,
        number=number,
        sha256=sha256,
        note=note,
    )
    return version


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
