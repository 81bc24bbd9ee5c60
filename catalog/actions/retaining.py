"""Retention rules: said once, stated on assets by ``catalog.actions.assigning``."""

from datetime import datetime

from django.db import IntegrityError, transaction

from catalog.models import RetentionRule
from catalog.permissions import Act
from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused


@transaction.atomic
def define(
    *, slug: str, name: str, days: int, basis: str, by: Actor, at: datetime
) -> RetentionRule:
    """Say how long data of a kind are kept, and on which basis.

    Raises:
        NotAllowed: ``by`` may not write retention rules.
        Refused: no day, or no basis.
        Conflict: there is a rule of this name.
    """
    rule = RetentionRule(slug=slug, name=name, days=days, basis=basis.strip())
    require(by, Act.RETENTION_WRITE, rule, at=at)
    _judge(days, basis)
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError as error:
        raise Conflict(f"There is a retention rule {slug} already.") from error
    audit.record(by=by, act=Act.RETENTION_WRITE, ref=rule.ref, at=at, days=days, basis=basis)
    return rule


@transaction.atomic
def change(
    rule: RetentionRule, *, name: str, days: int, basis: str, by: Actor, at: datetime
) -> RetentionRule:
    """Change a rule for every asset that states it.

    Raises:
        NotAllowed: ``by`` may not write retention rules.
        Refused: no day, or no basis.
    """
    require(by, Act.RETENTION_WRITE, rule, at=at)
    _judge(days, basis)
    RetentionRule.objects.filter(pk=rule.pk).update(name=name, days=days, basis=basis.strip())
    rule.refresh_from_db()
    audit.record(by=by, act=Act.RETENTION_WRITE, ref=rule.ref, at=at, days=days, basis=basis)
    return rule


def _judge(days: int, basis: str) -> None:
    if days < 1:
        raise Refused("Data are kept for one day at least.")
    if not basis.strip():
        raise Refused("Name the law, contract or purpose: without one nothing is kept.")
