"""Who has access to one thing in its system: what the newest look showed, beside what was approved.

One line for what one login has by one path with one approval, its rights together.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

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
)
from governance.permissions import Act
from governance.queries import names

MOST = 500
EVERYTHING = ("cluster", "*")
"""Scopes that contain every other one of their system."""

Key = tuple[str, str, str]
"""Login, entitlement, scope."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one login may do, how it comes by it, and whether somebody approved that.

    ``state`` is ``approved``, ``implied`` (follows from another right that is judged there),
    ``drift`` or ``missing`` (approved, and not there). ``is_usage_known`` tells never from
    unknown.
    """

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


@dataclass(frozen=True, slots=True)
class Observed:
    """All lines, those that differ first; ``snapshot`` is None where nobody has looked yet."""

    lines: tuple[Seen, ...]
    snapshot: Snapshot | None
    is_stale: bool
    is_cut: bool


def on(system: GovernedSystem, scope: str, *, to: Actor, at: datetime) -> Observed:
    """Return who has access to ``scope`` in ``system``, its columns and its owner's rights too.

    Six queries and the look at what is in force, however many logins there are. ``to`` may
    read the grants of the system.
    """
    snapshot = (
        Snapshot.objects.filter(system=system, taken_at__lte=at)
        .exclude(state=SnapshotState.FAULTY)
        .first()
    )
    here = Q(system=system) & _within(scope)
    rows: list[Any] = list(
        ObservedGrant.objects.filter(here)
        .order_by("is_implied", "principal", "entitlement")
        .values(
            "principal", "entitlement", "scope", "via", "is_implied", "granted_at", "last_used",
            "usage_known",
        )[: MOST + 1]
    )  # fmt: skip
    grants = {
        (one.principal, one.entitlement, one.scope): one
        for one in Grant.objects.in_force(at)
        .filter(here)
        .select_related("request")
        .order_by("valid_to", "pk")[: MOST + 1]
    }
    drift = {
        (one.principal, one.entitlement, one.scope): one
        for one in access.visible(
            DriftFinding.objects.lasting().filter(here), to=to, act=Act.DRIFT_READ, at=at
        ).order_by("-severity", "first_seen_at")[: MOST + 1]
    }
    people = _people(system, rows, grants, to=to, at=at)
    lines = [_seen(row, people, grants, drift) for row in rows[:MOST]]
    there = {(row["principal"], row["entitlement"], row["scope"]) for row in rows}
    lines += [
        _missing(key, grants[key], people, drift.get(key))
        for key in grants
        if key not in there and len(rows) <= MOST and key[2] not in EVERYTHING
    ]
    is_stale = snapshot is not None and at - snapshot.taken_at > timedelta(hours=system.fresh_hours)
    given_by = names.named(line.by for line in lines)
    lines = [replace(one, by=given_by[one.by].text) if one.by else one for one in lines]
    return Observed(tuple(_folded(lines)), snapshot, is_stale, len(rows) > MOST)


def _within(scope: str) -> Q:
    """Return what reaches ``scope``: itself, its columns, and whoever may do everything."""
    own = Q(scope=scope)
    if ":" not in scope:
        own |= Q(scope__startswith=f"{scope}.")
    return own | Q(scope__in=EVERYTHING, entitlement=ALL_RIGHTS)


def _people(
    system: GovernedSystem, rows: list[dict[str, Any]], grants: Iterable[Key], *, to: Actor,
    at: datetime,
) -> dict[str, str]:  # fmt: skip
    """Return whose each login is, as far as ``to`` may know: a name, or what it is kept for."""
    logins = {row["principal"] for row in rows} | {key[0] for key in grants}
    named = access.visible(
        PrincipalAlias.objects.filter(system=system, principal__in=logins),
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
    key = (row["principal"], row["entitlement"], row["scope"])
    grant, finding = grants.get(key), drift.get(key)
    state = "implied" if row["is_implied"] else "observed"
    line = Seen(
        principal=key[0],
        person=people.get(key[0], ""),
        rights=(key[1],),
        scope=key[2],
        path=row["via"],
        state="approved" if grant else state,
        since=row["granted_at"],
        used_at=row["last_used"],
        is_usage_known=row["usage_known"],
    )
    return _judged(_approved(line, grant), finding)


def _missing(key: Key, grant: Grant, people: dict[str, str], finding: DriftFinding | None) -> Seen:
    line = Seen(
        principal=key[0],
        person=people.get(key[0], ""),
        rights=(key[1],),
        scope=key[2],
        path="approved, not there",
        state="missing",
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


_ORDER = {"drift": 0, "missing": 1, "observed": 2, "approved": 3, "implied": 4}


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
    return sorted(found, key=lambda one: (_ORDER[one.state], one.principal, one.scope))
