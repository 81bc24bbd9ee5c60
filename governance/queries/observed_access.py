"""Access as systems show it, beside what was approved: on one thing, or of one person's accounts.

One line for what one login has by one path with one approval, its rights together.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from governance import access
from governance.domain.actor import Actor
from governance.domain.drift import ALL_RIGHTS
from governance.models import (
    DriftFinding,
    GovernedSystem,
    Grant,
    ObservedGrant,
    PrincipalAlias,
    Snapshot,
    SnapshotState,
    User,
)
from governance.permissions import Act
from governance.queries import names

MOST = 500
EVERYTHING = ("cluster", "*")
"""Scopes that contain every other one of their system."""

Key = tuple[int, str, str, str]
"""System, login, entitlement, scope."""
_KEY = ("system_id", "principal", "entitlement", "scope")


@dataclass(frozen=True, slots=True)
class Seen:
    """What one login may do, how it comes by it, and whether somebody approved that.

    ``state`` is ``approved``, ``implied`` (follows from another right that is judged there),
    ``observed`` (nobody compared it yet), ``drift``, ``missing`` (approved, and not there) or
    ``unseen`` (approved, where nobody has looked). ``is_usage_known`` tells never from unknown.
    ``act`` and ``resource`` are set where the grant is about a record of ours.
    """

    system: int
    principal: str
    person: str
    rights: tuple[str, ...]
    scope: str
    path: str
    state: str
    finding: str = ""
    finding_url: str = ""
    found_at: datetime | None = None
    why: str = ""
    by: str = ""
    since: datetime | None = None
    until: datetime | None = None
    used_at: datetime | None = None
    is_usage_known: bool = False
    grant_url: str = ""
    act: str = ""
    resource: str = ""


@dataclass(frozen=True, slots=True)
class Observed:
    """All lines, those that differ first; ``snapshot`` is None where nobody has looked yet."""

    lines: tuple[Seen, ...]
    snapshot: Snapshot | None
    is_stale: bool
    is_cut: bool


def on(system: GovernedSystem, scope: str, *, to: Actor, at: datetime) -> Observed:
    """Return who has access to ``scope`` in ``system``, its columns and its owner's rights too.

    Five queries and the look at what is in force, however many logins there are. ``to`` may
    read the grants of the system.
    """
    snapshot = (
        Snapshot.objects.filter(system=system, taken_at__lte=at)
        .exclude(state=SnapshotState.FAULTY)
        .first()
    )
    here = Q(system=system) & _within(scope)
    found, is_cut = _read(here, here, [system.pk], to=to, at=at)
    # What is approved on everything is told where it is: on everything.
    lines = [one for one in found if one.state != "missing" or one.scope not in EVERYTHING]
    is_stale = snapshot is not None and at - snapshot.taken_at > timedelta(hours=system.fresh_hours)
    return Observed(tuple(_folded(lines)), snapshot, is_stale, is_cut)


def of(person: User, *, to: Actor, at: datetime) -> tuple[list[Seen], bool]:
    """Return what the accounts of ``person`` may do, and what is approved for them; whether cut.

    Accounts are those named as theirs, those that carry their mail address and belong to nobody
    else, and the logins of the grants they were ever given. Only systems of which ``to`` may
    read the grants are told.
    """
    named = access.visible(
        PrincipalAlias.objects.filter(user=person), to=to, act=Act.ALIAS_READ, at=at
    )
    mailed = ObservedGrant.objects.filter(system=OuterRef("pk"), principal=person.email or "")
    systems = GovernedSystem.objects.filter(Exists(mailed)).order_by().values_list("pk")
    # Ended ones too: what an approval left behind is theirs to explain.
    held = set(Grant.objects.filter(grantee=person).order_by().values_list(*_KEY))
    accounts = {
        *named.order_by().values_list("system_id", "principal"),
        *((key, person.email) for (key,) in systems),
        *((system, login) for system, login, _, _ in held),
    }
    readable = {
        system.pk
        for system in GovernedSystem.objects.filter(pk__in={key for key, _ in accounts})
        if access.allows(to, Act.GRANT_READ, Grant(system=system), at=at)
    }
    others = set(
        PrincipalAlias.objects.filter(principal__in={login for _, login in accounts})
        .exclude(user=person)
        .order_by()
        .values_list("system_id", "principal")
    )
    theirs = Q(pk__in=[])
    for system, login in accounts - others:
        if system in readable:
            theirs |= Q(system=system, principal=login)
    for system, login, entitlement, scope in held:
        # Given to them for somebody else's account: that one right, and nothing else of it.
        if (system, login) in others and system in readable:
            theirs |= Q(system=system, principal=login, entitlement=entitlement, scope=scope)
    given = theirs | Q(grantee=person)
    lines, is_cut = _read(theirs, given, readable, to=to, at=at, whose=person)
    return _folded(lines), is_cut


def _read(
    shown: Q,
    given: Q,
    systems: Iterable[int],
    *,
    to: Actor,
    at: datetime,
    whose: User | None = None,
) -> tuple[list[Seen], bool]:
    """Return each right of ``shown`` and each grant of ``given``, and whether there are more.

    ``whose`` is given where all logins are of one person: then no names are looked up, and
    grants are those that ``to`` may read.
    """
    rows: list[Any] = list(
        ObservedGrant.objects.filter(shown)
        .order_by("is_implied", "principal", "entitlement", "system", "scope")
        .values(*_KEY, "via", "is_implied", "granted_at", "last_used", "usage_known")[: MOST + 1]
    )
    held: QuerySet[Grant] = Grant.objects.in_force(at).filter(given)
    if whose is not None:
        held = access.visible(held, to=to, act=Act.GRANT_READ, at=at)
    grants = {
        _key(one): one
        for one in held.select_related("request").order_by("valid_to", "pk")[: MOST + 1]
    }
    drift = {
        _key(one): one
        for one in access.visible(
            DriftFinding.objects.lasting().filter(shown), to=to, act=Act.DRIFT_READ, at=at
        ).order_by("-severity", "first_seen_at")[: MOST + 1]
    }
    people = {} if whose else _people(systems, rows, grants, to=to, at=at)
    looked = _looked({key[0] for key in grants} & set(systems), at=at) if whose else set(systems)
    lines = [_seen(row, people, grants, drift) for row in rows[:MOST]]
    there = {tuple(row[name] for name in _KEY) for row in rows}
    lines += [
        _missing(key, grants[key], people, drift.get(key), is_looked=key[0] in looked)
        for key in grants
        if key not in there and len(rows) <= MOST
    ]
    given_by = names.named(line.by for line in lines)
    lines = [replace(one, by=given_by[one.by].text) if one.by else one for one in lines]
    return lines, len(rows) > MOST


def _key(one: Grant | DriftFinding) -> Key:
    return one.system_id, one.principal, one.entitlement, one.scope


def _looked(systems: set[int], *, at: datetime) -> set[int]:
    """Return those of ``systems`` into which somebody has looked and found an answer."""
    looks = Snapshot.objects.filter(system__in=systems, taken_at__lte=at)
    believed = looks.exclude(state=SnapshotState.FAULTY).order_by().values("system")
    return set(believed.annotate(last=Max("taken_at")).values_list("system", flat=True))


def _within(scope: str) -> Q:
    """Return what reaches ``scope``: itself, its columns, and whoever may do everything."""
    own = Q(scope=scope)
    if ":" not in scope:
        own |= Q(scope__startswith=f"{scope}.")
    return own | Q(scope__in=EVERYTHING, entitlement=ALL_RIGHTS)


def _people(
    systems: Iterable[int],
    rows: list[dict[str, Any]],
    grants: Iterable[Key],
    *,
    to: Actor,
    at: datetime,
) -> dict[str, str]:
    """Return whose each login is, as far as ``to`` may know: a name, or what it is kept for."""
    logins = {row["principal"] for row in rows} | {key[1] for key in grants}
    named = access.visible(
        PrincipalAlias.objects.filter(system__in=systems, principal__in=logins),
        to=to,
        act=Act.ALIAS_READ,
        at=at,
    )
    return {
        login: name or purpose
        for login, name, purpose in named.values_list("principal", "user__name", "purpose")
    }


def _seen(
    row: dict[str, Any],
    people: dict[str, str],
    grants: dict[Key, Grant],
    drift: dict[Key, DriftFinding],
) -> Seen:
    key = (row["system_id"], row["principal"], row["entitlement"], row["scope"])
    grant, finding = grants.get(key), drift.get(key)
    state = "implied" if row["is_implied"] else "observed"
    line = Seen(
        system=key[0],
        principal=key[1],
        person=people.get(key[1], ""),
        rights=(key[2],),
        scope=key[3],
        path=row["via"],
        state="approved" if grant else state,
        since=row["granted_at"],
        used_at=row["last_used"],
        is_usage_known=row["usage_known"],
    )
    return _judged(_approved(line, grant), finding)


def _missing(
    key: Key,
    grant: Grant,
    people: dict[str, str],
    finding: DriftFinding | None,
    *,
    is_looked: bool,
) -> Seen:
    line = Seen(
        system=key[0],
        principal=key[1],
        person=people.get(key[1], ""),
        rights=(key[2],),
        scope=key[3],
        path="approved, not there" if is_looked else "approved, nobody has looked there",
        state="missing" if is_looked else "unseen",
    )
    return _judged(_approved(line, grant), finding)


def _approved(line: Seen, grant: Grant | None) -> Seen:
    if grant is None:
        return line
    return replace(
        line,
        why=grant.request.purpose if grant.request else grant.reason,
        by=grant.approved_by,
        since=line.since or grant.valid_from,
        until=grant.valid_to,
        act=grant.act,
        resource=grant.resource,
        grant_url=f"/admin/governance/grant/{grant.pk}/change/",
    )


def _judged(line: Seen, finding: DriftFinding | None) -> Seen:
    if finding is None:
        return line
    return replace(
        line,
        state="missing" if line.state == "missing" else "drift",
        finding=finding.get_kind_display(),
        finding_url=f"/admin/governance/driftfinding/{finding.pk}/change/",
        found_at=finding.first_seen_at,
    )


_ORDER = {"drift": 0, "missing": 1, "observed": 2, "unseen": 3, "approved": 4, "implied": 5}


def _folded(lines: list[Seen]) -> list[Seen]:
    """Put together the rights that one login has by one path, approval and difference."""
    groups: dict[Seen, list[str]] = {}
    for line in lines:
        # Each right may have a finding and a grant of its own: the first one's stands for all.
        alike = replace(line, rights=(), finding_url="", grant_url="")
        groups.setdefault(alike, []).append(line.rights[0])
    first: dict[Seen, Seen] = {}
    for line in lines:
        first.setdefault(replace(line, rights=(), finding_url="", grant_url=""), line)
    found = [replace(first[alike], rights=tuple(rights)) for alike, rights in groups.items()]
    return sorted(found, key=lambda one: (_ORDER[one.state], one.principal, one.scope, one.system))
