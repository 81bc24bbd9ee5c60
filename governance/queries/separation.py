"""Which separation-of-duties rules a new grant would break."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q

from governance.models import GovernedSystem, Grant, ObservedGrant, PrincipalAlias, SodRule

Side = tuple[int | None, str, str]
"""System or None for any, entitlement, scope or empty for any."""


def broken(
    system: GovernedSystem, principal: str, entitlement: str, scope: str, *, at: datetime
) -> list[SodRule]:
    """Return the rules that ``principal`` would break with this grant beside what they have.

    What they have is what was approved and is in force or still to begin, and what was seen
    of theirs, in all systems where the accounts are theirs.
    """
    accounts = _accounts(system, principal)
    return [
        rule
        for rule in SodRule.objects.filter(is_active=True)
        for mine, other in _sides(rule)
        if _fits(mine, system, entitlement, scope) and _holds(accounts, other, at)
    ]


def _sides(rule: SodRule) -> Iterator[tuple[Side, Side]]:
    left = (rule.left_system_id, rule.left_entitlement, rule.left_scope)
    right = (rule.right_system_id, rule.right_entitlement, rule.right_scope)
    yield left, right
    yield right, left


def _fits(side: Side, system: GovernedSystem, entitlement: str, scope: str) -> bool:
    where, right, what = side
    return where in (None, system.pk) and right == entitlement and what in ("", scope)


def _accounts(system: GovernedSystem, principal: str) -> Q:
    """Return the accounts of the person behind ``principal``; by its name where nobody is named."""
    alias = PrincipalAlias.objects.filter(
        system=system, principal=principal, user__isnull=False
    ).first()
    if alias is None:
        others = PrincipalAlias.objects.filter(principal=principal, user__isnull=False)
        return Q(principal=principal) & ~Q(system__in=list(others.values_list("system", flat=True)))
    found = Q(system=system, principal=principal)
    for where, who in PrincipalAlias.objects.filter(user=alias.user).values_list(
        "system", "principal"
    ):
        found |= Q(system=where, principal=who)
    return found


def _holds(accounts: Q, side: Side, at: datetime) -> bool:
    where, right, what = side
    wanted = accounts & Q(entitlement=right)
    if where is not None:
        wanted &= Q(system=where)
    if what:
        wanted &= Q(scope=what)
    approved = Grant.objects.filter(Q(revoked_at=None) | Q(revoked_at__gt=at), valid_to__gt=at)
    return approved.filter(wanted).exists() or ObservedGrant.objects.filter(wanted).exists()
