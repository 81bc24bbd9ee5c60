"""Running policy tests: what fails, which rules decide, and which changes no test would see."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from governance.domain.gaps import Uses
from governance.policy import casbin_policy
from governance.policy.casbin_policy import EVERYWHERE, InvalidPolicy, Link, Rule, Snapshot
from governance.policy.cases import Case

Topic = tuple[str, str]
# Rules of another resource type or act cannot match, if the matcher says so.
_MATCHER = re.compile(r"^m\s*=\s*(.+)$", re.MULTILINE)
_BY_TYPE, _BY_ACT = "r.res.type==p.rtype", "(r.act.name==p.act||p.act=='*')"


@dataclass(frozen=True, slots=True)
class Failure:
    """A test and the answer that came instead."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change of one rule that no test noticed: deleted, or its effect turned."""

    rid: str
    change: str


@dataclass(frozen=True, slots=True)
class Report:
    """What the tests say of a policy. Shares are 0 to 1, and 1 where there is nothing."""

    tests: int
    questions: int
    failures: tuple[Failure, ...]
    rules: int
    undecided: tuple[str, ...]
    survivors: tuple[Mutant, ...]
    is_mutated: bool

    @property
    def coverage(self) -> float:
        """Share of the rules that decide in some test."""
        return self.decided / self.rules if self.rules else 1.0

    @property
    def decided(self) -> int:
        return self.rules - len(self.undecided)

    @property
    def mutants(self) -> int:
        return 2 * self.rules

    @property
    def noticed(self) -> int:
        return self.mutants - len(self.survivors)

    @property
    def mutation_score(self) -> float:
        """Share of the changed rules that some test notices."""
        return self.noticed / self.mutants if self.rules else 1.0


class Bench:
    """One model and its rules, under the memberships of each test."""

    def __init__(
        self, model_conf: str, rules: Iterable[Rule], uses: Uses = MappingProxyType({})
    ) -> None:
        self.model_conf, self.uses = model_conf, uses
        self.rules = list(rules)
        match = _MATCHER.search(model_conf)
        matcher = re.sub(r"\s", "", match[1]) if match else ""
        parts = matcher.split("&&")
        self._is_sliced = _BY_TYPE in parts and _BY_ACT in parts
        self._slices: dict[Topic, list[Rule]] = {}
        self._snapshots: dict[tuple[Topic, frozenset[Link]], Snapshot] = {}

    def slice(self, topic: Topic) -> list[Rule]:
        """Return the rules that can match a question of ``topic``, in order."""
        if not self._is_sliced:
            return self.rules
        if not self._slices:
            for rule in self.rules:
                self._slices.setdefault((rule.rtype, rule.act), []).append(rule)
        rtype, act = topic
        own, wide = self._slices.get(topic, []), self._slices.get((rtype, EVERYWHERE), [])
        if not own and not wide:
            return self.rules  # an engine without any rule answers with an error
        if not wide or act == EVERYWHERE:
            return own
        mixed = {id(rule) for rule in [*own, *wide]}
        return [rule for rule in self.rules if id(rule) in mixed]

    def snapshot(self, case: Case) -> Snapshot:
        """Return the policy as far as ``case`` asks it."""
        key = (case.topic, case.links)
        found = self._snapshots.get(key)
        if found is None:
            found = self._snapshots[key] = self.build(self.slice(case.topic), case.links)
        return found

    def build(self, rules: Sequence[Rule], links: Iterable[Link]) -> Snapshot:
        return casbin_policy.build(self.model_conf, rules, links, sha256="tests", uses=self.uses)

    def touching(self, rule: Rule, cases: Iterable[Case]) -> list[Case]:
        """Return the tests that ``rule`` can have a say in."""
        if not self._is_sliced:
            return list(cases)
        return [
            case
            for case in cases
            if case.topic[0] == rule.rtype and rule.act in (case.topic[1], EVERYWHERE)
        ]


def run(
    model_conf: str,
    rules: Iterable[Rule],
    cases: Sequence[Case],
    *,
    mutate: bool = True,
    uses: Uses = MappingProxyType({}),
) -> Report:
    """Run ``cases``; with ``mutate``, also against each policy with one rule changed.

    ``uses`` say which acts reach data.

    Raises:
        casbin_policy.InvalidPolicy: the model cannot be read.
    """
    bench = Bench(model_conf, rules, uses)
    failures: list[Failure] = []
    decisive: set[str] = set()
    questions = 0
    for case in cases:
        questions += len(case.questions)
        failures += answers(bench.snapshot(case), case, decisive)
    survivors = _mutants(bench, cases) if mutate and not failures else []
    return Report(
        tests=len(cases),
        questions=questions,
        failures=tuple(failures),
        rules=len(bench.rules),
        undecided=tuple(rule.rid for rule in bench.rules if rule.rid not in decisive),
        survivors=tuple(survivors),
        is_mutated=mutate and not failures,
    )


def answers(snapshot: Snapshot, case: Case, decisive: set[str] | None = None) -> list[Failure]:
    """Return what ``snapshot`` answers otherwise; rules that decided are added to ``decisive``."""
    found = []
    for question, expected in case.questions:
        decision = snapshot.decide(question)
        if decisive is not None and decision.rule:
            decisive.add(decision.rule)
        wrong = decision.allow != expected.allow
        wrong = wrong or (expected.reason not in ("", str(decision.reason)))
        wrong = wrong or (expected.rule not in ("", decision.rule))
        if wrong:
            verdict = "permit" if decision.allow else "deny"
            by = f" by {decision.rule}" if decision.rule else ""
            wanted = "permit" if expected.allow else "deny"
            found.append(
                Failure(
                    case.name,
                    f"{question.subject}, {question.action} at {question.domain}: expected"
                    f" {' '.join(filter(None, (wanted, expected.reason, expected.rule)))},"
                    f" got {verdict} ({decision.reason}{by})",
                )
            )
    return found


def _mutants(bench: Bench, cases: Sequence[Case]) -> list[Mutant]:
    """Return the changes of one rule that leave every test green."""
    survivors = []
    for rule in bench.rules:
        asked = bench.touching(rule, cases)
        turned = replace(rule, eft="deny" if rule.eft == "allow" else "allow")
        for change, others in (("deleted", []), ("turned", [turned])):
            if not _noticed(bench, rule, others, asked):
                survivors.append(Mutant(rule.rid, change))
    return survivors


def _noticed(bench: Bench, rule: Rule, others: list[Rule], asked: Iterable[Case]) -> bool:
    built: dict[tuple[Topic, frozenset[Link]], Snapshot] = {}
    for case in asked:
        key = (case.topic, case.links)
        if key not in built:
            rules = [
                each
                for one in bench.slice(case.topic)
                for each in (others if one is rule else [one])
            ]
            rules = rules or [one for one in bench.rules if one is not rule]
            try:
                built[key] = bench.build(rules, case.links)
            except InvalidPolicy:
                return True
        if answers(built[key], case):
            return True
    return False
