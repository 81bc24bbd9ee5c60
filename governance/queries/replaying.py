"""Asking a candidate what the decision log asked: who would gain, and who would lose."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from json import loads
from typing import Any

from django.db import connection

from governance import access, in_force
from governance.domain import inputs
from governance.domain.decisions import OPEN_TO_GRANTS, Question, Reason
from governance.policy import casbin_policy, conditions
from governance.policy.content import Content

LISTED = 100
_ABOVE = {
    Reason.DENY_MFA: "a second factor was missing, which no policy changes",
    Reason.ERROR_NO_POLICY: "no policy was in force",
    Reason.GAP_UNKNOWN: "who or what it was about was not known",
    Reason.ERROR_BAD_VALUE: "something in the question was empty",
}
_ERRORS = (Reason.ERROR_ATTRIBUTE_MISSING, Reason.ERROR_TYPE, Reason.ERROR_ENGINE)
_UNRECORDED = "the candidate reads attributes that were not recorded"


@dataclass(frozen=True, slots=True)
class Flip:
    """The same answer turned round, so many times."""

    subject: str
    act: str
    domain: str
    rule: str
    reason: str
    times: int


@dataclass(slots=True)
class Flips:
    """All answers that turn one way; ``listed`` are the most frequent."""

    counts: Counter[tuple[str, str, str, str, str]] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.counts.total()

    @property
    def listed(self) -> list[Flip]:
        return [Flip(*key, times) for key, times in self.counts.most_common(LISTED)]

    def by(self, place: int) -> dict[str, int]:
        """Return the counts by one part of the key, the highest first."""
        found: Counter[str] = Counter()
        for key, times in self.counts.items():
            found[key[place]] += times
        return dict(found.most_common(LISTED))

    def facts(self) -> dict[str, Any]:
        """Return what a machine reads."""
        listed = [
            {
                "subject": flip.subject,
                "act": flip.act,
                "scope": flip.domain,
                "rule": flip.rule,
                "reason": flip.reason,
                "times": flip.times,
            }
            for flip in self.listed
        ]
        return {
            "total": self.total,
            "by_subject": self.by(0),
            "by_act": self.by(1),
            "by_scope": self.by(2),
            "listed": listed,
        }


@dataclass(slots=True)
class Replay:
    """What a candidate says of the decisions of a period."""

    sha256: str
    since: datetime
    until: datetime
    replayed: int = 0
    gains: Flips = field(default_factory=Flips)
    losses: Flips = field(default_factory=Flips)
    left_out: Counter[str] = field(default_factory=Counter)

    def facts(self) -> dict[str, Any]:
        """Return what a machine reads."""
        return {
            "candidate_sha256": self.sha256,
            "since": self.since,
            "until": self.until,
            "replayed": self.replayed,
            "gains": self.gains.facts(),
            "loses": self.losses.facts(),
            "not_replayed": dict(self.left_out),
        }


def replay(candidate: Content, *, since: datetime, until: datetime) -> Replay:
    """Decide every logged question from ``since`` until ``until`` again by ``candidate``.

    Attributes are the recorded ones, roles those that were held at the instant. What stands
    above the policy stays: a grant on one record is still one, a missing second factor too.

    Raises:
        casbin_policy.InvalidPolicy: Casbin cannot read the candidate's model.
    """
    result = Replay(candidate.sha256, since, until)
    links = access.links()
    snapshot = casbin_policy.build(
        candidate.model_conf, candidate.rules, links, sha256=candidate.sha256, uses=in_force.uses()
    )
    edges = {edge for link in links.every() for edge in (link.since, link.until)}
    read = frozenset().union(*map(conditions.reads, {rule.cond for rule in candidate.rules}))
    by_record, clock = ("res", "id") in read, _clock(read)
    for asked in _asked(since, until, edges=edges, by_record=by_record, clock=clock):
        above = _ABOVE.get(Reason(asked.reason))
        if above is not None:
            result.left_out[above] += asked.times
            continue
        question = asked.question()
        decision = snapshot.decide(question, asked.at)
        if decision.reason in _ERRORS and asked.reason not in _ERRORS:
            result.left_out[_UNRECORDED] += asked.times
            continue
        result.replayed += asked.times
        now = decision.allow
        if asked.reason == Reason.ALLOW_OBJECT and decision.reason in OPEN_TO_GRANTS:
            now = snapshot.granted(question).allow
        if now != asked.allow:
            flips = result.gains if now else result.losses
            key = (asked.subject, asked.act, asked.domain, decision.rule, str(decision.reason))
            flips.counts[key] += asked.times
    return result


@dataclass(frozen=True, slots=True)
class _Asked:
    """Equal questions between two changes of memberships, with the answer they all got."""

    at: datetime
    subject: str
    act: str
    resource: str
    domain: str
    allow: bool
    reason: str
    text: str
    times: int

    def question(self) -> Question:
        return inputs.again(
            at=self.at,
            subject=self.subject,
            act=self.act,
            resource=self.resource,
            domain=self.domain,
            inputs=loads(self.text),
        )


def _clock(read: frozenset[tuple[str, str]]) -> str:
    """Return what tells apart the instants of equal questions for conditions that read so."""
    if ("env", "at") in read:
        return "date_trunc('second', at)"
    return "date_trunc('hour', at, 'UTC')" if {("env", "hour"), ("env", "weekday")} & read else ""


def _asked(
    since: datetime, until: datetime, *, edges: Iterable[float], by_record: bool, clock: str
) -> Iterator[_Asked]:
    """Yield the questions of the log, equal ones once: the database counts them."""
    instants = sorted(
        datetime.fromtimestamp(edge, UTC)
        for edge in edges
        if since.timestamp() < edge < until.timestamp()
    )
    # Without a threshold there is one period; the function takes no empty array.
    period = "width_bucket(at, %(edges)s::timestamptz[])" if instants else "(at IS NULL)"
    record = "resource" if by_record else "split_part(resource, ':', 1)"
    grouped = f"{period}, {clock}" if clock else period
    query = f"""
        SELECT min(at), subject, act, min(resource), domain, allow, reason, inputs::text,
               sum(weight)::bigint
        FROM governance_decisionlog WHERE at >= %(since)s AND at < %(until)s
        GROUP BY {grouped}, subject, act, {record}, domain, allow, reason, inputs::text
    """  # noqa: S608 - the parts are ours
    with connection.cursor() as cursor:
        cursor.execute(query, {"edges": instants, "since": since, "until": until})
        while rows := cursor.fetchmany(10_000):
            for row in rows:
                yield _Asked(*row)
