"""Why somebody may or may not do something, at any instant, and what would change it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from governance import access, in_force
from governance.domain.actor import Actor
from governance.domain.decisions import OPEN_TO_GRANTS, Decision, Question, Reason
from governance.models import Governed, Membership, PolicyVersion, record_grants
from governance.policy import casbin_policy, conditions
from governance.policy.casbin_policy import EVERYWHERE, Rule
from governance.policy.content import Content, Line
from governance.policy.links import Closure
from governance.queries import contents

MOST_WAYS = 12
RAISED = (Reason.ERROR_ATTRIBUTE_MISSING, Reason.ERROR_TYPE, Reason.ERROR_ENGINE)
"""Refusals because a condition raised something."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with everything it hangs on.

    ``roles`` are the memberships that count where it was decided, ``attributes`` the values
    that the conditions concerned read, ``ways`` sentences on what would permit it, ``detail``
    what a condition raised where it could not be evaluated.
    """

    question: Question
    decision: Decision
    version: PolicyVersion | None
    line: Line | None
    roles: tuple[Membership, ...] = ()
    attributes: tuple[tuple[str, object], ...] = ()
    ways: tuple[str, ...] = ()
    detail: str = ""


def explain(who: Actor, act: str, what: Governed, *, at: datetime) -> Explanation:
    """Decide as of ``at``, by the policy and the memberships of then, and say why.

    ``what`` is taken as it is today: older values of its attributes are not looked up.
    Nothing is logged.
    """
    question = access.question(who, act, what, at=at)
    version = contents.in_force(at)
    if version is None:
        return Explanation(question, Decision(False, Reason.ERROR_NO_POLICY), None, None)
    content = contents.content(version)
    links = access.links()
    snapshot = casbin_policy.build(
        content.model_conf,
        content.rules,
        links,
        sha256=version.content_sha256,
        uses=in_force.uses(),
    )
    decision = snapshot.decide(question, at)
    if decision.reason in OPEN_TO_GRANTS and record_grants.holds(who.ref, act, what, at=at):
        decision = snapshot.granted(question)
    line = next((one for one in content.lines if one.rid == decision.rule), None)
    closure = links.closure("g", question.subject, question.domain, at.timestamp())
    held = set(closure.roles)
    candidates = _candidates(content, question)
    concerned = [rule for rule in candidates if rule.sub in held]
    ways = () if decision.allow else tuple(_ways(candidates, held, question, decision))[:MOST_WAYS]
    return Explanation(
        question,
        decision,
        version,
        line,
        roles=tuple(_memberships(closure)),
        attributes=tuple(_attributes(concerned, question)),
        ways=ways,
        detail=snapshot.verdict(question, at.timestamp()).detail
        if decision.reason in RAISED
        else "",
    )


def _candidates(content: Content, question: Question) -> list[Rule]:
    return [
        rule
        for rule in content.rules
        if rule.rtype == question.resource_type
        and rule.act in (question.action, EVERYWHERE)
        and rule.dom in (question.domain, EVERYWHERE)
    ]


def _memberships(closure: Closure) -> list[Membership]:
    """Return the memberships through which the roles are held where it was decided."""
    sources = [
        link.source
        for link in closure.roles.values()
        if link and link.source.startswith("governance.membership:")
    ]
    keys = [source.rpartition(":")[2] for source in sources]
    rows = Membership.objects.filter(pk__in=keys).select_related("role", "site")
    return list(rows.order_by("role__name", "pk"))


def _attributes(rules: list[Rule], question: Question) -> list[tuple[str, object]]:
    """Return the values that the conditions of ``rules`` read, by their names there."""
    known: dict[str, Mapping[str, object]] = {
        "sub": {"key": question.subject, **question.subject_attributes},
        "res": {
            "type": question.resource_type,
            "id": question.resource,
            **question.resource_attributes,
        },
        "act": {"name": question.action},
        "env": question.environment,
    }
    read = {one for rule in rules for one in conditions.reads(rule.cond)}
    return [
        (f"r.{root}.{name}", known.get(root, {}).get(name, "missing"))
        for root, name in sorted(read)
    ]


def _ways(rules: list[Rule], held: set[str], question: Question, decision: Decision) -> list[str]:
    """Relax one thing at a time: the rule that denies, a condition, a role."""
    place = "everywhere" if question.domain == EVERYWHERE else f"at {question.domain}"
    found = []
    if decision.reason is Reason.DENY_RULE:
        found.append(f"The rule {decision.rule} denies it, whatever else permits it.")
    for rule in rules:
        if rule.eft == "allow" and rule.sub in held and rule.cond != "True":
            found.append(f"The rule {rule.rid} would permit it where {rule.cond}.")
    for rule in rules:
        if rule.eft == "allow" and rule.sub not in held:
            where = "" if rule.cond == "True" else f", where {rule.cond}"
            found.append(f"The role {rule.sub} {place} would permit it{where}.")
    if not found:
        found.append("No rule permits it to anybody: it takes a change of the policy.")
    return found
