"""Everything that one person can reach: by role, by grant, and by what their accounts may do."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Max

from governance import access
from governance.domain.actor import Actor
from governance.models import (
    DecisionLog,
    GovernedSystem,
    Membership,
    PolicyHead,
    PolicyRule,
    User,
)
from governance.permissions import Act
from governance.queries import names, observed_access

MOST = 500
NOT_THERE = ("missing", "unseen")


@dataclass(frozen=True, slots=True)
class Holding:
    """One way to reach something.

    ``used_at`` is None where no use is known; ``is_usage_known`` tells never from unknown.
    ``verdict`` is the state of ``observed_access.Seen``, empty for a role: ``approved``,
    ``drift`` with its ``finding``, ``missing``, and so on. ``since`` is None where the system
    does not say.
    """

    what: str
    where: str
    path: str
    why: str
    by: str
    since: datetime | None
    until: datetime | None
    used_at: datetime | None
    is_usage_known: bool
    url: str
    verdict: str = ""
    finding: str = ""
    finding_url: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """Roles, and what the accounts may do, differences first; ``is_cut`` where there is more."""

    lines: tuple[Holding, ...]
    is_cut: bool

    @property
    def there(self) -> tuple[Holding, ...]:
        """Return the roles and what systems show."""
        return tuple(one for one in self.lines if one.verdict not in NOT_THERE)

    @property
    def only_approved(self) -> tuple[Holding, ...]:
        """Return what is approved and not there, or where nobody has looked."""
        return tuple(one for one in self.lines if one.verdict in NOT_THERE)


def of(user: User, *, to: Actor, at: datetime) -> Held:
    """Return what ``user`` can reach at ``at``, roles first, as far as ``to`` may see it."""
    roles = _roles(user, to=to, at=at)
    given_by = names.named(one.by for one in roles)
    roles = [replace(one, by=given_by[one.by].text) if one.by else one for one in roles]
    seen, is_cut = _accounts(user, to=to, at=at)
    return Held((*roles, *seen), is_cut)


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


def _accounts(user: User, *, to: Actor, at: datetime) -> tuple[list[Holding], bool]:
    """Return what the accounts of ``user`` may do and what is approved, and whether it is cut."""
    lines, is_cut = observed_access.of(user, to=to, at=at)
    used = _used_records(user, lines, at=at)
    names_of = dict(
        GovernedSystem.objects.filter(pk__in={one.system for one in lines}).values_list(
            "pk", "name"
        )
    )
    found = [
        Holding(
            what=f"{one.act or ', '.join(one.rights)} on {one.scope or one.resource}",
            where=names_of[one.system],
            path=_path(one),
            why=one.why,
            by=one.by,
            since=one.since,
            until=one.until,
            used_at=used.get((one.act, one.resource)) if one.resource else one.used_at,
            is_usage_known=bool(one.resource) or one.is_usage_known,
            url=one.grant_url,
            # What the policy itself decides holds at once, whatever the system shows.
            verdict="approved" if one.act and one.state in NOT_THERE else one.state,
            finding=one.finding,
            finding_url=one.finding_url,
        )
        for one in lines
    ]
    return found, is_cut


def _path(one: observed_access.Seen) -> str:
    login = f"grant, login {one.principal}" if one.grant_url else f"login {one.principal}"
    if one.state in ("missing", "unseen"):
        return login
    way = "directly" if one.path == "direct" else f"by {one.path}"
    return f"{login}, in the system {way}"


def _used_records(
    user: User, rows: list[observed_access.Seen], *, at: datetime
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
