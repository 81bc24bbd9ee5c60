"""Everything that one person can reach: by which role or grant, why, since when, last used."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Max

from governance import access
from governance.domain.actor import Actor
from governance.models import (
    DecisionLog,
    Grant,
    Membership,
    ObservedGrant,
    PolicyHead,
    PolicyRule,
    User,
)
from governance.models.access_request import AccessRequest
from governance.permissions import Act
from governance.queries import names

MOST = 500


@dataclass(frozen=True, slots=True)
class Holding:
    """One way to reach something.

    ``used_at`` is None where no use is known; ``is_usage_known`` tells never from unknown.
    """

    what: str
    where: str
    path: str
    why: str
    by: str
    since: datetime
    until: datetime | None
    used_at: datetime | None
    is_usage_known: bool
    url: str


def of(user: User, *, to: Actor, at: datetime) -> list[Holding]:
    """Return what ``user`` can reach at ``at``, roles first, as far as ``to`` may see it."""
    found = [*_roles(user, to=to, at=at), *_grants(user, to=to, at=at)]
    given_by = names.named(one.by for one in found)
    return [replace(one, by=given_by[one.by].text) if one.by else one for one in found]


def _roles(user: User, *, to: Actor, at: datetime) -> list[Holding]:
    held = access.visible(
        Membership.objects.in_force(at).filter(user=user), to=to, act=Act.MEMBERSHIP_READ, at=at
    ).select_related("role", "site")
    used = _used_by_role(user, at=at)
    acts = _acts_by_role()
    return [
        Holding(
            what=f"{row.role}: {acts.get(row.role.slug, 0)} acts",
            where=str(row.site or row.party),
            path="role",
            why=row.reason,
            by=row.granted_by,
            since=row.valid_from,
            until=row.valid_to,
            used_at=used.get(row.role.slug),
            is_usage_known=True,
            url=f"/admin/governance/membership/{row.pk}/change/",
        )
        for row in held[:MOST]
    ]


def _acts_by_role() -> dict[str, int]:
    found: dict[str, int] = {}
    rules = PolicyRule.objects.filter(version__in=PolicyHead.objects.values("version"), eft="allow")
    for role, _ in rules.order_by().values_list("sub", "act").distinct():
        found[role] = found.get(role, 0) + 1
    return found


def _used_by_role(user: User, *, at: datetime) -> dict[str, datetime]:
    """Return when each role last permitted something, by the rule that the decision names."""
    latest = dict(
        DecisionLog.objects.filter(subject=user.as_actor().ref, allow=True, at__lte=at)
        .exclude(rule="")
        .order_by()
        .values_list("rule")
        .annotate(last=Max("at"))
    )
    found: dict[str, datetime] = {}
    rules = PolicyRule.objects.filter(rid__in=latest).order_by()
    for rid, role in rules.values_list("rid", "sub").distinct():
        found[role] = max(latest[rid], found.get(role, latest[rid]))
    return found


def _grants(user: User, *, to: Actor, at: datetime) -> list[Holding]:
    held = access.visible(
        Grant.objects.in_force(at).filter(grantee=user), to=to, act=Act.GRANT_READ, at=at
    ).select_related("system", "request")
    rows = list(held.order_by("system__name", "scope", "pk")[:MOST])
    used = _used_records(user, rows, at=at)
    seen = _seen(rows)
    return [
        Holding(
            what=f"{row.act or row.entitlement} on {row.scope or row.resource}",
            where=str(row.system),
            path=_path(row, seen),
            why=_why(row.request) or row.reason,
            by=row.approved_by,
            since=row.valid_from,
            until=row.valid_to,
            used_at=used.get((row.act, row.resource)),
            is_usage_known=bool(row.resource),
            url=f"/admin/governance/grant/{row.pk}/change/",
        )
        for row in rows
    ]


def _why(request: AccessRequest | None) -> str:
    return request.purpose if request else ""


def _path(row: Grant, seen: dict[tuple[int, str, str, str], str]) -> str:
    via = seen.get((row.system_id, row.principal, row.entitlement, row.scope))
    login = f"grant, login {row.principal}"
    return f"{login}, in the system by {via}" if via else login


def _seen(rows: list[Grant]) -> dict[tuple[int, str, str, str], str]:
    """Return by which way the last look into each system showed these grants."""
    observed = ObservedGrant.objects.filter(
        system__in={row.system_id for row in rows},
        principal__in={row.principal for row in rows},
        absent_from=None,
    )
    return {(row.system_id, row.principal, row.entitlement, row.scope): row.via for row in observed}


def _used_records(
    user: User, rows: list[Grant], *, at: datetime
) -> dict[tuple[str, str], datetime]:
    found = (
        DecisionLog.objects.filter(
            subject=user.as_actor().ref,
            allow=True,
            at__lte=at,
            resource__in={row.resource for row in rows if row.resource},
        )
        .order_by()
        .values_list("act", "resource")
        .annotate(last=Max("at"))
    )
    return {(act, resource): last for act, resource, last in found}
