"""Decisions by stock Casbin; the only file that knows it.

A snapshot never changes: another policy, or another set of memberships, is another
snapshot. One lock for the whole process stands around every evaluation, for two reasons:
Casbin's role manager inserts names while it reads, and Casbin parses expressions with
``ast.parse``, which in CPython 3.11 fails with ``SystemError: AST constructor recursion
depth mismatch`` when two threads do it at once.
"""

import ast
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

import casbin
from casbin.model import Model
from casbin.util import SimpleEval

from governance.domain.decisions import Decision, Question, Reason

EVERYWHERE = "*"
_evaluating = Lock()


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

    def values(self) -> list[str]:
        return [self.sub, self.dom, self.rtype, self.act, self.cond, self.eft, self.rid]


@dataclass(frozen=True, slots=True)
class Link:
    """``subject`` holds ``role`` in ``domain``."""

    subject: str
    role: str
    domain: str


class NotFilterable(Exception):
    """A condition reads the resource, so a list cannot be answered from the scope alone."""


class InvalidPolicy(ValueError):
    """The model or a rule cannot be read."""


def content_sha256(model_conf: str, rules: Sequence[Rule]) -> str:
    """Return the SHA-256 over the canonical JSON of the model and its rules in order."""
    content = json.dumps(
        {"model": model_conf, "rules": [rule.values() for rule in rules]},
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )
    return hashlib.sha256(content.encode()).hexdigest()


class _Enforcer(casbin.Enforcer):  # type: ignore[misc]
    """Stock Casbin that parses each expression once: stock parses all of them on each decision.

    Only the parsed tree is kept, which nobody changes; whatever an evaluation counts or looks
    up is still made anew.
    """

    def __init__(self, model: Model) -> None:
        super().__init__(model, enable_log=False)
        self._trees: dict[str, ast.expr] = {}

    def _get_expression(self, expr: str, functions: dict[str, object] | None = None) -> SimpleEval:
        tree = self._trees.get(expr)
        if tree is None:
            expression = super()._get_expression(expr, functions)
            self._trees[expr] = expression.ast_parsed_value
            return expression
        expression = SimpleEval("", functions)
        expression.ast_parsed_value = tree
        return expression


@dataclass(slots=True)
class Snapshot:
    """What is in force from ``since`` until ``until``: between two changes by mere time."""

    sha256: str
    rules: tuple[Rule, ...]
    domains: dict[str, frozenset[str]]
    since: datetime | None
    until: datetime | None
    _enforcer: casbin.Enforcer
    _scopes: dict[tuple[str, str, str], frozenset[str]] = field(default_factory=dict)

    def valid_at(self, at: datetime) -> bool:
        """Say whether no membership begins or ends between this snapshot and ``at``."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)

    def decide(self, question: Question) -> Decision:
        """Answer ``question``; every error is a refusal with its reason."""
        if not (
            question.subject and question.action and question.resource_type and question.domain
        ):
            return Decision(False, Reason.ERROR_BAD_VALUE, policy_sha256=self.sha256)
        subject = {"key": question.subject, **question.subject_attributes}
        resource = {"type": question.resource_type, **question.resource_attributes}
        try:
            with _evaluating:
                allow, explained = self._enforcer.enforce_ex(
                    subject, question.domain, resource, {"name": question.action}, {}
                )
        except Exception:  # noqa: BLE001  a condition may raise anything; the answer is always no
            return Decision(False, Reason.ERROR_ENGINE, policy_sha256=self.sha256)
        rule = explained[-1] if explained else ""
        if allow:
            return Decision(True, Reason.ALLOW_RULE, rule, self.sha256)
        reason = Reason.DENY_RULE if rule else Reason.DENY_NO_RULE
        return Decision(False, reason, rule, self.sha256)

    def scopes(
        self, subject: str, attributes: dict[str, object], rtype: str, act: str
    ) -> frozenset[str]:
        """Return the domains in which ``subject`` may ``act`` on every record of ``rtype``.

        Raises:
            NotFilterable: a rule for this act has a condition.
        """
        key = (subject, rtype, act)
        known = self._scopes.get(key)
        if known is not None:
            return known
        if any(r.rtype == rtype and r.act in (act, "*") and r.cond != "True" for r in self.rules):
            raise NotFilterable(f"{act} on {rtype} depends on the record")
        found = frozenset(
            domain
            for domain in self.domains.get(subject, frozenset())
            if self.decide(Question(subject, act, rtype, "", domain, attributes, {})).allow
        )
        self._scopes[key] = found
        return found


def build(
    model_conf: str,
    rules: Iterable[Rule],
    links: Iterable[Link],
    *,
    sha256: str,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Snapshot:
    """Build a snapshot.

    Raises:
        InvalidPolicy: Casbin cannot read the model.
    """
    rows = tuple(rules)
    model = Model()
    try:
        model.load_model_from_text(model_conf)
        enforcer = _Enforcer(model)
        enforcer.enable_auto_save(False)
        for rule in rows:
            model.add_policy("p", "p", rule.values())
        domains: dict[str, set[str]] = {}
        for link in links:
            model.add_policy("g", "g", [link.subject, link.role, link.domain])
            domains.setdefault(link.subject, set()).add(link.domain)
        enforcer.build_role_links()
    except (RuntimeError, ValueError, KeyError, IndexError, TypeError) as error:
        raise InvalidPolicy(f"the policy model cannot be read: {error}") from error
    return Snapshot(
        sha256=sha256,
        rules=rows,
        domains={subject: frozenset(found) for subject, found in domains.items()},
        since=since,
        until=until,
        _enforcer=enforcer,
    )
