"""What differs in a small world, written down once more: slow, one key after the other."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from governance.domain.drift import Kind, ObservedGrant

Found = tuple[str, str, str, str, str]
"""Kind, system, principal, entitlement, scope."""


@dataclass(frozen=True, slots=True)
class Approval:
    """A grant as it was approved."""

    system: str
    principal: str
    entitlement: str
    scope: str
    start: datetime
    end: datetime
    revoked: datetime | None = None
    suspended: datetime | None = None

    def is_live(self, at: datetime) -> bool:
        end = min(self.end, self.revoked or self.end, self.suspended or self.end)
        return self.start <= at < end


@dataclass(frozen=True, slots=True)
class Seen:
    """A grant in a system, and by which path it was first seen."""

    system: str
    row: ObservedGrant
    first_via: str


@dataclass(frozen=True, slots=True)
class Alias:
    """Whose a principal is; ``person`` None is nobody's in person."""

    system: str
    principal: str
    person: str | None
    has_left: bool = False
    is_seldom: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """Sides (system or None for any, entitlement, scope or empty for any) kept apart."""

    slug: str
    left: tuple[str | None, str, str]
    right: tuple[str | None, str, str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that was denied."""

    system: str
    principal: str
    entitlement: str
    scope: str
    at: datetime


@dataclass(frozen=True, slots=True)
class World:
    """All that a comparison looks at."""

    approvals: tuple[Approval, ...]
    seen: tuple[Seen, ...]
    aliases: tuple[Alias, ...] = ()
    rules: tuple[Rule, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    untrusted: frozenset[str] = frozenset()


def contains(wide: str, narrow: str) -> bool:
    """Whether the scope ``wide`` holds ``narrow``, and is not the same."""
    if wide == narrow:
        return False
    if wide in ("*", "cluster"):
        return True
    if ":" in narrow.split('"')[0]:
        return False
    parts = re.findall(r'"(?:[^"]|"")*"|[^."]+', narrow)
    shorter = [".".join(parts[:n]) for n in range(1, len(parts))]
    return wide in shorter or wide == f"schema:{parts[0]}"


def compare(world: World, at: datetime) -> set[Found]:
    """Return all that differs at ``at``, of all systems, seen just now."""
    found: set[Found] = set()
    keys = {(a.system, a.principal, a.entitlement, a.scope) for a in world.approvals}
    keys |= {(s.system, s.row.principal, s.row.entitlement, s.row.scope) for s in world.seen}
    for key in keys:
        found |= {(kind, *key) for kind in _of_key(world, key, at)}
    found |= set(_of_principals(world))
    found |= set(_conflicts(world))
    found |= set(_incoherences(world, at))
    return found


def _of_key(world: World, key: tuple[str, str, str, str], at: datetime) -> Iterator[str]:
    system, principal, _, scope = key
    mine = [a for a in world.approvals if (a.system, a.principal, a.entitlement, a.scope) == key]
    begun = [a for a in mine if a.start <= at]
    live = [a for a in begun if a.is_live(at)]
    (seen,) = [s for s in world.seen if _key(s) == key] or [None]
    if seen is None:
        almighty = any(_key(s)[:3] == (system, principal, "superuser") for s in world.seen)
        overdue = any(at - a.start > timedelta(hours=1) for a in live)
        if overdue and not almighty and system not in world.untrusted:
            yield Kind.MISSING
        return
    if live and seen.row.via != seen.first_via:
        yield Kind.VIA_CHANGED
    if not begun:
        if seen.row.is_implied:
            return
        wider = any(
            a.is_live(at)
            and (a.system, a.principal, a.entitlement) == key[:3]
            and contains(scope, a.scope)
            for a in world.approvals
        )
        yield Kind.SCOPE_WIDER if wider else Kind.UNAPPROVED
    elif not live:
        yield Kind.EXPIRED_ALIVE
    elif seen.row.usage_known:
        used = seen.row.last_used or seen.row.granted_at
        seldom = any(
            a.is_seldom for a in world.aliases if (a.system, a.principal) == (system, principal)
        )
        if used and used < at - timedelta(days=90) and not seldom:
            yield Kind.UNUSED


def _key(seen: Seen) -> tuple[str, str, str, str]:
    return (seen.system, seen.row.principal, seen.row.entitlement, seen.row.scope)


def _of_principals(world: World) -> Iterator[Found]:
    named = {a.system for a in world.aliases}
    of = {(a.system, a.principal): a for a in world.aliases}
    for s in world.seen:
        who = (s.system, s.row.principal)
        if s.row.can_login and s.system in named:
            alias = of.get(who)
            if alias is None or (alias.person and alias.has_left):
                yield (Kind.ORPHAN, *who, "", "")
        if (
            s.row.is_privileged
            and not s.row.is_implied
            and s.row.can_login
            and s.row.has_mfa is False
        ):
            yield (Kind.PRIVILEGED_WITHOUT_MFA, *who, "", "")


def _subject(world: World, system: str, principal: str) -> str:
    for a in world.aliases:
        if (a.system, a.principal) == (system, principal) and a.person:
            return f"person {a.person}"
    return principal


def _conflicts(world: World) -> Iterator[Found]:
    for rule in world.rules:
        holders = [
            [
                s
                for s in world.seen
                if s.row.can_login
                and system in (None, s.system)
                and s.row.entitlement == entitlement
                and scope in ("", s.row.scope)
            ]
            for system, entitlement, scope in (rule.left, rule.right)
        ]
        for left in holders[0]:
            for right in holders[1]:
                subject = _subject(world, left.system, left.row.principal)
                if subject == _subject(world, right.system, right.row.principal):
                    first = min(
                        s.row.principal
                        for s in holders[0]
                        if s.system == left.system
                        and _subject(world, s.system, s.row.principal) == subject
                    )
                    yield (Kind.SOD, left.system, first, rule.slug, right.system)


def _incoherences(world: World, at: datetime) -> Iterator[Found]:
    for a in world.approvals:
        for no in world.refusals:
            same = (a.entitlement, a.scope) == (no.entitlement, no.scope)
            since = any(
                (b.system, b.principal, b.entitlement, b.scope)
                == (no.system, no.principal, no.entitlement, no.scope)
                and b.start >= no.at
                for b in world.approvals
            )
            if (
                a.is_live(at)
                and same
                and no.at <= at
                and a.system != no.system
                and not since
                and _subject(world, a.system, a.principal)
                == _subject(world, no.system, no.principal)
            ):
                yield (Kind.INCOHERENT_POLICY, a.system, a.principal, a.entitlement, a.scope)
