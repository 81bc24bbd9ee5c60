"""What differs between two policies: rule by rule, and in what people may do."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from governance.policy.casbin_policy import EVERYWHERE, Link, Rule
from governance.policy.content import Content, Line


@dataclass(frozen=True, slots=True)
class Change:
    """A rule under one id before and after; None where it was not or is no more."""

    rid: str
    old: Line | None
    new: Line | None

    @property
    def kind(self) -> str:
        if self.old is None:
            return "added"
        return "removed" if self.new is None else "changed"

    @property
    def rules(self) -> list[Rule]:
        return [line.rule for line in (self.old, self.new) if line is not None]


@dataclass(frozen=True, slots=True)
class Changes:
    """All changed rules by id, and whether anything besides them changed."""

    rules: tuple[Change, ...]
    is_model_changed: bool
    are_tests_changed: bool
    is_reordered: bool

    def __bool__(self) -> bool:
        return bool(
            self.rules or self.is_model_changed or self.are_tests_changed or self.is_reordered
        )


def between(old: Content, new: Content) -> Changes:
    """Compare by rule id; a rule under a new id is one removed and one added."""
    before = {line.rid: line for line in old.lines}
    after = {line.rid: line for line in new.lines}
    rules = [
        Change(rid, before.get(rid), after.get(rid))
        for rid in dict.fromkeys([*after, *before])
        if before.get(rid) != after.get(rid)
    ]
    kept_before = [rid for rid in before if rid in after]
    kept_after = [rid for rid in after if rid in before]
    return Changes(
        tuple(rules),
        old.model_conf != new.model_conf,
        old.tests != new.tests,
        kept_before != kept_after,
    )


class Direction(StrEnum):
    GAINS = "gains"
    LOSES = "loses"


@dataclass(frozen=True, slots=True)
class Effect:
    """Somebody may do something that they could not before, or no longer may.

    ``conditions`` are those it hangs on; empty where it holds for every record.
    """

    direction: Direction
    subject: str
    domain: str
    rtype: str
    act: str
    conditions: tuple[str, ...] = ()


def effects(old: Content, new: Content, links: Iterable[Link]) -> list[Effect]:
    """Return who gains and who loses by the change, from the memberships in ``links``.

    Only what changed rules touch is expanded. Conditions are compared as texts, so that a
    changed one counts both as a gain and as a loss: rather too many than one too few.
    """
    touched = [rule for change in between(old, new).rules for rule in change.rules]
    if not touched:
        return []
    before, after = _Index(old.rules), _Index(new.rules)
    acts = before.acts
    for rtype, names in after.acts.items():
        acts[rtype] |= names
    roles, places = _holdings(links)
    found: dict[Effect, None] = {}
    for rule in touched:
        for subject, domain in places.get(rule.sub, ()):
            if rule.dom not in (EVERYWHERE, domain):
                continue
            held = roles[subject, domain]
            for act in acts[rule.rtype] if rule.act == EVERYWHERE else {rule.act}:
                was = before.standing(held, domain, rule.rtype, act)
                now = after.standing(held, domain, rule.rtype, act)
                for direction, conditions in _compare(was, now):
                    key = Effect(direction, subject, domain, rule.rtype, act, conditions)
                    found[key] = None
    return sorted(
        found, key=lambda one: (one.direction, one.subject, one.act, one.domain, one.conditions)
    )


def _holdings(
    links: Iterable[Link],
) -> tuple[Mapping[tuple[str, str], set[str]], Mapping[str, list[tuple[str, str]]]]:
    """Return the roles by person and scope, and the persons and scopes by role.

    Everybody is a role of their own too, for rules that name a person.
    """
    roles: dict[tuple[str, str], set[str]] = defaultdict(set)
    places: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for link in links:
        at = (link.child, link.domain)
        if at not in roles:
            roles[at].add(link.child)
            places[link.child].append(at)
        roles[at].add(link.parent)
        places[link.parent].append(at)
    return roles, places


@dataclass(frozen=True, slots=True)
class _Standing:
    """Conditions under which something is permitted, and refused nevertheless."""

    allows: frozenset[str]
    denies: frozenset[str]

    @property
    def is_open(self) -> bool:
        return bool(self.allows) and "True" not in self.denies


class _Index:
    """Rules by role, resource type and act."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules: dict[tuple[str, str, str], list[Rule]] = defaultdict(list)
        self.acts: dict[str, set[str]] = defaultdict(set)
        for rule in rules:
            self.rules[rule.sub, rule.rtype, rule.act].append(rule)
            if rule.act != EVERYWHERE:
                self.acts[rule.rtype].add(rule.act)

    def standing(self, roles: Iterable[str], domain: str, rtype: str, act: str) -> _Standing:
        found: dict[str, set[str]] = {"allow": set(), "deny": set()}
        for role in roles:
            for name in (act, EVERYWHERE):
                for rule in self.rules.get((role, rtype, name), ()):
                    if rule.dom in (EVERYWHERE, domain):
                        found[rule.eft].add(rule.cond)
        return _Standing(frozenset(found["allow"]), frozenset(found["deny"]))


def _compare(was: _Standing, now: _Standing) -> list[tuple[Direction, tuple[str, ...]]]:
    found = []
    for direction, less, more in ((Direction.GAINS, was, now), (Direction.LOSES, now, was)):
        if not more.is_open:
            continue
        fresh = more.allows - less.allows if "True" not in less.allows else frozenset()
        freed = less.denies - more.denies
        if not less.is_open:
            fresh = more.allows
        if fresh or freed:
            found.append((direction, tuple(sorted((fresh or more.allows) - {"True"}))))
    return found
