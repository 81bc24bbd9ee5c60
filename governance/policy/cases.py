"""Policy tests as people write them: given these subjects, when asked, then this answer.

subjects:
  ana: {roles: {steward: ["site:leipzig"]}, attributes: {service: false}}
tests:
  - name: stewards propose labels
    when: {act: catalog:label:propose, type: catalog.labelassertion, scope: "site:leipzig"}
    then: {permit: [ana]}            # everybody else who is given is refused
  - given: {subjects: {eve: {}}}
    when: {subject: eve, act: catalog:asset:read, type: catalog.asset, scope: "site:leipzig",
           attributes: {level: internal}}
    then: {decision: deny, reason: "deny:no_rule"}

``environment`` in ``when`` says in which circumstances: ``{mfa: true, hour: 9}``. Without a word
no second factor is proven and no purpose named; the hour and its like must be said to be read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from governance.domain import circumstances
from governance.domain.decisions import Question
from governance.policy.casbin_policy import Link

MAX_BYTES, MAX_QUESTIONS, MAX_DEPTH = 4 * 1024 * 1024, 200_000, 100
# libyaml where there is one: it reads the policy's own tests in a tenth of the time.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ONE = frozenset({"name", "given", "when", "then"})
_WHEN = frozenset({"subject", "act", "type", "resource", "scope", "attributes", "environment"})
_THEN = frozenset({"permit", "decision", "reason", "rule"})


class InvalidCases(ValueError):
    """The text holds no policy tests; says at which test and why."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody who exists for the tests only; ``key`` is who the policy is asked about.

    A plain name becomes ``user:<name>``: one that were also a role's would hold it everywhere.
    """

    name: str
    key: str
    links: frozenset[Link] = frozenset()
    attributes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Expected:
    """The answer that must come; empty fields are not looked at."""

    allow: bool
    reason: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One test: the memberships that hold in it, its questions and their answers."""

    name: str
    links: frozenset[Link]
    questions: tuple[tuple[Question, Expected], ...]

    @property
    def topic(self) -> tuple[str, str]:
        """Return resource type and act, which all its questions share."""
        question = self.questions[0][0]
        return question.resource_type, question.action


def parse(text: str) -> list[Case]:
    """Read tests from YAML.

    Raises:
        InvalidCases: it is no YAML, or not of the form above; unknown keys are refused.
    """
    if len(text) > MAX_BYTES:
        raise InvalidCases(f"more than {MAX_BYTES >> 20} MiB of tests")
    try:
        _look_through(text)
        whole = yaml.load(text, _Loader)  # noqa: S506 - a safe one
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InvalidCases(f"not YAML: {' '.join(str(error).split())[:200]}") from None
    if whole is None:
        return []
    _keys(whole, frozenset({"subjects", "tests"}), "the file")
    shared = dict(_subjects(whole.get("subjects") or {}, "the file"))
    tests = whole.get("tests") or []
    if not isinstance(tests, list):
        raise InvalidCases("tests is no list")
    cases = [_case(one, shared, number) for number, one in enumerate(tests, 1)]
    if sum(len(case.questions) for case in cases) > MAX_QUESTIONS:
        raise InvalidCases(f"more than {MAX_QUESTIONS} questions")
    return cases


def _look_through(text: str) -> None:
    """Refuse aliases, a few of which make a text of any size, and what is too deep for libyaml.

    Its composer calls itself for each level, until the process ends for want of stack.
    """
    depth = 0
    for event in yaml.parse(text, _Loader):
        if isinstance(event, yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not taken")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise yaml.YAMLError(f"nested deeper than {MAX_DEPTH}")


def _keys(found: Any, known: frozenset[str], where: str) -> None:
    if not isinstance(found, dict):
        raise InvalidCases(f"{where} is no mapping")
    unknown = sorted(str(key) for key in found if key not in known)
    if unknown:
        raise InvalidCases(f"{where} has an unknown key {unknown[0][:40]!r}")


def _text(found: Any, name: str, where: str) -> str:
    value = found.get(name, "")
    if not isinstance(value, str):
        raise InvalidCases(f"{name} of {where} is no text")
    return value


def _subjects(found: Any, where: str) -> Iterator[tuple[str, Subject]]:
    if not isinstance(found, dict):
        raise InvalidCases(f"subjects of {where} is no mapping")
    for key, facts in found.items():
        name = str(key)
        facts = facts or {}
        _keys(facts, frozenset({"roles", "attributes"}), f"subject {name}")
        roles, attributes = facts.get("roles") or {}, facts.get("attributes") or {}
        if not isinstance(roles, dict) or not isinstance(attributes, dict):
            raise InvalidCases(f"roles and attributes of subject {name} are mappings")
        links, subject = set(), name if ":" in name else f"user:{name}"
        for role, scopes in roles.items():
            for scope in [scopes] if isinstance(scopes, str) else scopes:
                links.add(Link(subject, str(role), str(scope)))
        yield name, Subject(name, subject, frozenset(links), attributes)


def _case(one: Any, shared: Mapping[str, Subject], number: int) -> Case:
    where = f"test {number}"
    _keys(one, _ONE, where)
    given = one.get("given") or {}
    _keys(given, frozenset({"subjects"}), f"given of {where}")
    people = {**shared, **dict(_subjects(given.get("subjects") or {}, where))}
    when, then = one.get("when"), one.get("then")
    _keys(when, _WHEN, f"when of {where}")
    _keys(then, _THEN, f"then of {where}")
    act, rtype = _text(when, "act", where), _text(when, "type", where)
    rtype = rtype or _text(when, "resource", where).partition(":")[0]
    if not act or not rtype:
        raise InvalidCases(f"when of {where} needs act and type")
    attributes = when.get("attributes") or {}
    environment = when.get("environment") or {}
    if not isinstance(attributes, dict) or not isinstance(environment, dict):
        raise InvalidCases(f"attributes and environment of {where} are mappings")
    questions = [
        (
            Question(
                subject=who.key,
                action=act,
                resource_type=rtype,
                resource=_text(when, "resource", where) or f"{rtype}:1",
                domain=_text(when, "scope", where) or "*",
                subject_attributes={"party": "", "service": False, **who.attributes},
                resource_attributes=dict(attributes),
                environment={**circumstances.VOUCHED, **environment},
            ),
            expected,
        )
        for who, expected in _expected(when, then, people, where)
    ]
    links = frozenset(link for who in people.values() for link in who.links)
    return Case(_text(one, "name", where) or f"{act} ({where})", links, tuple(questions))


def _expected(
    when: Any, then: Any, people: Mapping[str, Subject], where: str
) -> list[tuple[Subject, Expected]]:
    if "permit" in then:
        if len(then) > 1 or "subject" in when:
            raise InvalidCases(f"permit of {where} speaks of everybody: no subject, nothing else")
        named = then["permit"] or []
        if not isinstance(named, list) or any(name not in people for name in named):
            raise InvalidCases(f"permit of {where} lists subjects that are given")
        if not people:
            raise InvalidCases(f"{where} has no subject")
        return [(who, Expected(who.name in named)) for who in people.values()]
    verdict = then.get("decision")
    if verdict not in ("permit", "deny"):
        raise InvalidCases(f"decision of {where} is permit or deny")
    who = people.get(_text(when, "subject", where))
    if who is None:
        raise InvalidCases(f"subject of {where} is not given")
    return [
        (
            who,
            Expected(verdict == "permit", _text(then, "reason", where), _text(then, "rule", where)),
        )
    ]
