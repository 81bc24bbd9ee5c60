"""What is wrong with a policy, or looks so, before anybody is asked to approve it."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from governance.domain.gaps import Use, Uses
from governance.domain.obligations import InvalidObligation, read
from governance.policy import casbin_policy, conditions
from governance.policy.casbin_policy import EVERYWHERE, InvalidPolicy
from governance.policy.conditions import ANY, FUNCTIONS, Kinds, Scheme
from governance.policy.content import Content, Line

MAX_BUCKET = 64
"""So many conditions on one index key are tried one after the other."""
PEOPLE = ("user:", "service:")
_EFFECT = re.compile(r"^e\s*=\s*(.+)$", re.MULTILINE)
_ALLOWING = ("some(where(p.eft==allow))", "priority(p.eft)", "subjectPriority(p.eft)")


class Level(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend or to know; ``rid`` is empty where it is about the whole."""

    level: Level
    code: str
    rid: str
    text: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What exists: whatever a policy names must be here.

    ``types`` maps each of our resource types to its attributes, ``foreign`` are the types of
    others, whose attributes nobody declared; ``held`` are the roles that somebody holds.
    """

    roles: frozenset[str]
    held: frozenset[str]
    acts: frozenset[str]
    domains: frozenset[str]
    types: Mapping[str, Kinds]
    subject: Kinds
    environment: Kinds
    functions: frozenset[str] = frozenset(FUNCTIONS)
    uses: Uses = field(default_factory=dict)
    foreign: frozenset[str] = frozenset()

    def scheme(self, rtype: str) -> Scheme:
        """Return what conditions on ``rtype`` may read: of foreign types, whatever is sent."""
        if rtype in self.foreign:
            environment = {**self.environment, ANY: ""}
            return Scheme({**self.subject, ANY: ""}, {ANY: ""}, environment, self.functions)
        return Scheme(self.subject, self.types.get(rtype, {}), self.environment, self.functions)


def check(content: Content, known: Vocabulary) -> list[Finding]:
    """Return all findings, errors first, each group in the order of the rules."""
    found = [
        *_model(content),
        *(one for line in content.lines for one in _names(line, known)),
        *(one for line in content.lines for one in _condition(line, known)),
        *(one for line in content.lines for one in _obligations(line, known)),
        *_overrides(content.lines),
        *_repeated(content.lines),
        *_shadowed(content.lines),
        *_crowded(content.lines),
        *_unheld(content.lines, known),
        *_unused(content.lines, known),
    ]
    return sorted(found, key=lambda one: one.level is not Level.ERROR)


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """Return what must be mended before the policy may be submitted."""
    return [one for one in findings if one.level is Level.ERROR]


def _error(code: str, rid: str, text: str) -> Finding:
    return Finding(Level.ERROR, code, rid, text)


def _warning(code: str, rid: str, text: str) -> Finding:
    return Finding(Level.WARNING, code, rid, text)


def _model(content: Content) -> Iterator[Finding]:
    try:
        casbin_policy.build(content.model_conf, [], [], sha256="")
    except InvalidPolicy as error:
        yield _error("unreadable_model", "", str(error))
        return
    match = _EFFECT.search(content.model_conf)
    effect = re.sub(r"\s", "", match[1]) if match else ""
    if not any(part in effect and f"!{part}" not in effect for part in _ALLOWING):
        yield _error("default_allow", "", "the effect permits what no rule permits")


def _names(line: Line, known: Vocabulary) -> Iterator[Finding]:
    rule = line.rule
    if rule.sub.startswith(PEOPLE):
        yield _warning("rule_to_a_person", rule.rid, f"names {rule.sub} instead of a role")
    elif rule.sub not in known.roles:
        yield _error("unknown_role", rule.rid, f"there is no role {rule.sub!r}")
    if rule.rtype not in known.types and rule.rtype not in known.foreign:
        yield _error("unknown_type", rule.rid, f"there is no type of record {rule.rtype!r}")
    if rule.act != EVERYWHERE and rule.act not in known.acts:
        yield _error("unknown_act", rule.rid, f"there is no act {rule.act!r}")
    if line.is_local and rule.dom not in known.domains:
        yield _error("unknown_scope", rule.rid, f"there is no scope {rule.dom!r}")
    if rule.act == EVERYWHERE and rule.dom == EVERYWHERE:
        yield _warning("wide_rule", rule.rid, "covers every act everywhere")


def _condition(line: Line, known: Vocabulary) -> Iterator[Finding]:
    rule = line.rule
    for fault in conditions.faults(rule.cond, known.scheme(rule.rtype)):
        yield _error(fault.code, rule.rid, fault.text)
    for literal in conditions.rewritten_literals(rule.cond):
        yield _warning("rewritten_literal", rule.rid, f"Casbin changes the text {literal}")


def _obligations(line: Line, known: Vocabulary) -> Iterator[Finding]:
    rule = line.rule
    if not rule.obligations:
        return
    try:
        read(rule.obligations)
    except InvalidObligation as error:
        yield _error("invalid_obligation", rule.rid, str(error))
    if rule.eft != "allow":
        yield _error("obligation_of_a_deny", rule.rid, "a refusal obliges to nothing")
    use = known.uses.get(rule.rtype, Use(frozenset()))
    if rule.rtype not in known.foreign and rule.act not in use.acts:
        text = "nothing here keeps an obligation, so the permit would be none"
        yield _error("obligation_here", rule.rid, text)


def _overrides(lines: Iterable[Line]) -> Iterator[Finding]:
    """A site tightens freely; it widens only what the baseline leaves to it."""
    rows = list(lines)
    left = {
        (line.rule.rtype, line.rule.act)
        for line in rows
        if not line.is_local and line.is_overridable and line.rule.eft == "allow"
    }
    for line in rows:
        rule = line.rule
        if line.is_local:
            if line.is_overridable:
                text = "is of one scope, so there is nothing to leave to others"
                yield _error("overridable_override", rule.rid, text)
            if rule.eft == "allow" and not {(rule.rtype, rule.act), (rule.rtype, "*")} & left:
                text = (
                    f"permits {rule.act} at {rule.dom}, which the baseline does not leave to sites"
                )
                yield _error("loosens_baseline", rule.rid, text)


def _repeated(lines: Iterable[Line]) -> Iterator[Finding]:
    first: dict[tuple[str, ...], str] = {}
    rows = list(lines)
    for line in rows:
        key = tuple(line.rule.values()[:-1])
        if key in first:
            yield _warning("duplicate", line.rid, f"says the same as {first[key]}")
        first.setdefault(key, line.rid)
    for line in rows:
        rule = line.rule
        wide = first.get((rule.sub, EVERYWHERE, rule.rtype, rule.act, rule.cond, rule.eft))
        if line.is_local and wide:
            yield _warning("duplicate", rule.rid, f"says no more than {wide}")


def _shadowed(lines: Iterable[Line]) -> Iterator[Finding]:
    rows = list(lines)
    denies = defaultdict(list)
    for line in rows:
        if line.rule.eft == "deny":
            denies[line.rule.sub, line.rule.rtype].append(line.rule)
    for line in rows:
        rule = line.rule
        if rule.eft != "allow":
            continue
        for deny in denies[rule.sub, rule.rtype]:
            if (
                deny.dom in (EVERYWHERE, rule.dom)
                and deny.act in (EVERYWHERE, rule.act)
                and deny.cond in ("True", rule.cond)
            ):
                yield _warning("shadowed", rule.rid, f"never permits anything: {deny.rid} denies")
                break


def _crowded(lines: Iterable[Line]) -> Iterator[Finding]:
    rules = [line.rule for line in lines if line.rule.cond != "True"]
    sizes = Counter((rule.sub, rule.dom, rule.rtype, rule.act) for rule in rules)
    for (sub, dom, rtype, act), size in sizes.items():
        if size > MAX_BUCKET:
            text = f"{size} conditions for {sub} on {act} of {rtype} at {dom} are tried one by one"
            yield _warning("crowded", "", text)


def _unheld(lines: Iterable[Line], known: Vocabulary) -> Iterator[Finding]:
    counts = Counter(line.rule.sub for line in lines)
    for role, count in counts.items():
        if role in known.roles and role not in known.held:
            text = f"nobody holds the role {role}: its {count} rules reach nobody"
            yield _warning("unreachable", "", text)


def _unused(lines: Iterable[Line], known: Vocabulary) -> Iterator[Finding]:
    rows = list(lines)
    permitted = {line.rule.act for line in rows if line.rule.eft == "allow"}
    if EVERYWHERE in permitted:
        return
    for act in sorted(known.acts - permitted):
        yield _warning("unused_act", "", f"nobody may {act}")
