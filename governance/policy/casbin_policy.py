"""Wardroom's own policy: rules of a version and links of memberships in, decisions out.

A snapshot never changes: another policy, or another set of memberships, is another snapshot.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import time
from types import MappingProxyType

from casbin.model import Model

from governance.domain import gaps
from governance.domain.decisions import Decision, Question, Reason
from governance.domain.gaps import Uses
from governance.domain.obligations import InvalidObligation, Obligation, merged, read
from governance.policy.enforcer import CompiledEnforcer, Lines
from governance.policy.filtering import Column, NotFilterable, Shown, shown
from governance.policy.index import ALLOW, DENY, Verdict, Why
from governance.policy.links import Link, Links

__all__ = ["EVERYWHERE", "InvalidPolicy", "Link", "NotFilterable", "Rule", "Snapshot", "build"]

EVERYWHERE = "*"
_COND, _RID = 4, 6
_SCOPE = frozenset({"r_sub.key", "r_dom", "r_res.type", "r_act.name"})
"""What the rows of the shipped model are found by: nothing of the resource but its type."""
_REFUSED = {
    Why.RULE: Reason.DENY_RULE,
    Why.NO_RULE: Reason.DENY_NO_RULE,
    Why.CONDITION: Reason.DENY_CONDITION,
    Why.ATTRIBUTE_MISSING: Reason.ERROR_ATTRIBUTE_MISSING,
    Why.TYPE: Reason.ERROR_TYPE,
    Why.ENGINE: Reason.ERROR_ENGINE,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the policy, in the order of the shipped model's definition."""

    sub: str
    dom: str
    rtype: str
    act: str
    cond: str
    eft: str
    rid: str
    # What a permit by it obliges to, as JSON; no column of the model.
    obligations: str = ""

    def values(self) -> list[str]:
        return [self.sub, self.dom, self.rtype, self.act, self.cond, self.eft, self.rid]


class InvalidPolicy(ValueError):
    """The model or a rule cannot be read."""


def content_sha256(model_conf: str, rules: Sequence[Rule]) -> str:
    """Return the SHA-256 over the canonical JSON of the model and its rules in order."""
    content = json.dumps(
        {
            "model": model_conf,
            "rules": [
                [*rule.values(), rule.obligations] if rule.obligations else rule.values()
                for rule in rules
            ],
        },
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )
    return hashlib.sha256(content.encode()).hexdigest()


@dataclass(slots=True)
class Snapshot:
    """What is in force under one hash."""

    sha256: str
    rules: tuple[Rule, ...]
    enforcer: CompiledEnforcer
    # What permits oblige to, by rule.
    obligations: Mapping[str, tuple[Obligation, ...]] = field(default_factory=dict)
    # Answers given already: there are no more than rules, and each is the same each time.
    _answers: dict[tuple[Why, bool, str], Decision] = field(default_factory=dict)
    # Which acts reach the data behind records, by resource type.
    uses: Uses = field(default_factory=dict)

    @property
    def links(self) -> Links:
        return self.enforcer.links

    def with_links(self, links: Links) -> "Snapshot":
        """Return the same policy for other memberships."""
        return replace(self, enforcer=self.enforcer.with_links(links))

    def verdict(self, question: Question, at: float) -> Verdict:
        """Answer ``question`` at ``at`` (seconds since 1970) with all that it rests on."""
        return self.enforcer.decide(_request(question), at)

    def decide(self, question: Question, at: datetime | None = None) -> Decision:
        """Answer ``question`` at ``at``, or now; every error is a refusal with its reason."""
        if not is_askable(question):
            return Decision(False, Reason.ERROR_BAD_VALUE, policy_sha256=self.sha256)
        found = self.answer(self.verdict(question, at.timestamp() if at else time()))
        return gaps.beyond(found, question, self.uses) if self.has_gaps(found, question) else found

    def sitting(self, at: datetime) -> "Sitting":
        """Return what decides many questions at one instant."""
        return Sitting(self, at)

    def answer(self, verdict: Verdict) -> Decision:
        """Put ``verdict`` into the words of the service; gaps are not looked for yet."""
        rule = verdict.hit.values[_RID] if verdict.hit else ""
        if verdict.allow and self.obligations:
            return self._obliging(verdict, rule)
        found = self._answers.get((verdict.why, verdict.allow, rule))
        if found is None:
            reason = Reason.ALLOW_RULE if verdict.allow else _REFUSED[verdict.why]
            found = Decision(verdict.allow, reason, rule, self.sha256)
            self._answers[verdict.why, verdict.allow, rule] = found
        return found

    def has_gaps(self, decision: Decision, question: Question) -> bool:
        """Say whether a gap may stand above ``decision``: the record or the purpose tells."""
        use = self.uses.get(question.resource_type)
        return bool(decision.obligations) or (use is not None and question.action in use.acts)

    def granted(self, question: Question) -> Decision:
        """Return the permit that a grant on the one record gives, or the gap above it."""
        permit = Decision(True, Reason.ALLOW_OBJECT, policy_sha256=self.sha256)
        return gaps.beyond(permit, question, self.uses)

    def _obliging(self, verdict: Verdict, rule: str) -> Decision:
        """Return the permit with the obligations of all rules that gave it."""
        found = merged(
            one
            for row in verdict.matched
            if row.effect != DENY
            for one in self.obligations.get(row.values[_RID], ())
        )
        if found is None:
            return Decision(False, Reason.DENY_OBLIGATION, rule, self.sha256)
        return Decision(True, Reason.ALLOW_RULE, rule, self.sha256, tuple(found))

    def shown(
        self,
        question: Question,
        domains: Iterable[str],
        columns: Mapping[str, Column],
        at: datetime,
        *,
        is_kept: bool,
    ) -> dict[str, Shown]:
        """Return by domain on which records ``question`` is permitted, but for their gaps.

        Of the question the resource and its attributes do not count. ``is_kept`` says whether
        whoever asks keeps what a permit obliges to; a permit that is not kept is a refusal.

        Raises:
            NotFilterable: a condition has no SQL form.
        """
        found: dict[str, Shown] = {}
        known: dict[tuple[object, ...], Shown] = {}
        for domain in domains:
            request = _request(question._replace(domain=domain, resource_attributes={}))
            rows = self.enforcer.candidates(request, at.timestamp())
            if rows is None:
                raise NotFilterable(self.enforcer.delegated)
            # Whether a record is shown depends on which conditions there are, not on how often.
            purpose = gaps.named(question.environment)
            rules = tuple(
                dict.fromkeys(
                    (
                        row.values[_COND],
                        row.effect == ALLOW
                        and self._gives(row.values[_RID], purpose, is_kept=is_kept),
                    )
                    for row in rows
                )
            )
            place = (rules, domain if any("dom" in condition for condition, _ in rules) else "")
            if place not in known:
                known[place] = shown(rules, self.enforcer.reading(request, columns))
            found[domain] = known[place]
        return found

    def _gives(self, rid: str, purpose: str, *, is_kept: bool) -> bool:
        """Say whether a permit by the rule ``rid`` is one, with what it obliges to."""
        duties = self.obligations.get(rid, ())
        return gaps.suits(duties, purpose) and (is_kept or not gaps.unkept(duties))

    def allows_somewhere(self, question: Question, at: datetime) -> bool:
        """Say whether some record in some domain could be permitted, conditions granted."""
        for domain in self.links.domains(question.subject):
            request = _request(question._replace(domain=domain))
            rows = self.enforcer.candidates(request, at.timestamp())
            if rows is None:
                return True
            is_refused = any(row.effect != ALLOW and row.condition is None for row in rows)
            if not is_refused and any(row.effect == ALLOW for row in rows):
                return True
        return False


class Sitting:
    """Many questions at one instant: what no condition touches is decided once for a scope."""

    def __init__(self, snapshot: Snapshot, at: datetime) -> None:
        self._snapshot = snapshot
        self._at = at
        self._seconds = at.timestamp()
        operands = snapshot.enforcer.operands()
        self._goes_by_scope = operands is not None and operands <= _SCOPE
        self._known: dict[tuple[str, str, str, str], Decision] = {}

    def decide(self, question: Question) -> Decision:
        """Answer as :meth:`Snapshot.decide` does."""
        subject, action, kind, resource, domain, *_ = question
        place = (subject, action, kind, domain)
        found = self._known.get(place)
        if found is not None and "\0" not in resource:
            return found
        if not self._goes_by_scope or not is_askable(question):
            return self._snapshot.decide(question, self._at)
        verdict = self._snapshot.verdict(question, self._seconds)
        found = self._snapshot.answer(verdict)
        if self._snapshot.has_gaps(found, question):
            return gaps.beyond(found, question, self._snapshot.uses)
        if verdict.is_free:
            self._known[place] = found
        return found


def _request(question: Question) -> tuple[object, ...]:
    return (
        {"key": question.subject, **question.subject_attributes},
        question.domain,
        {"type": question.resource_type, "id": question.resource, **question.resource_attributes},
        {"name": question.action},
        question.environment,
    )


def is_askable(question: Question) -> bool:
    """Say whether every identifier is there: the empty one means nobody and nothing."""
    subject, action, kind, resource, domain, *_ = question
    return bool(subject and action and kind and domain) and not (
        "\0" in subject or "\0" in action or "\0" in kind or "\0" in domain or "\0" in resource
    )


def build(
    model_conf: str,
    rules: Iterable[Rule],
    links: Iterable[Link] | Links,
    *,
    sha256: str,
    uses: Uses = MappingProxyType({}),
) -> Snapshot:
    """Build a snapshot.

    Raises:
        InvalidPolicy: Casbin cannot read the model.
    """
    rows = tuple(rules)
    model = Model()
    try:
        model.load_model_from_text(model_conf)
        enforcer = CompiledEnforcer(model, Lines(("p", rule.values()) for rule in rows))
    except (RuntimeError, ValueError, KeyError, IndexError, TypeError) as error:
        raise InvalidPolicy(f"the policy model cannot be read: {error}") from error
    held = links if isinstance(links, Links) else Links(links)
    try:
        duties = {rule.rid: read(rule.obligations) for rule in rows if rule.obligations}
    except InvalidObligation as error:
        raise InvalidPolicy(f"obligations cannot be read: {error}") from error
    return Snapshot(sha256, rows, enforcer.with_links(held), duties, uses=uses)
