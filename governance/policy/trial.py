"""Policies of any size, made up, with questions to them: for measuring a machine, not for use.

Of ``n`` rules one principal in ten holds three roles over two levels, in 50 domains; half of
the questions are allowed.
"""

import random  # noqa: TID251 - made-up policies, the same each time
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

import casbin
from casbin.model import Model

from governance.policy.enforcer import CompiledEnforcer, Lines

Request = tuple[Any, ...]

_HEAD = """[request_definition]
r = {request}
[policy_definition]
p = {row}
[role_definition]
g = {link}
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = {matcher}
"""
SHAPES = {
    "rbac": _HEAD.format(
        request="sub, obj, act",
        row="sub, obj, act",
        link="_, _",
        matcher="g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act",
    ),
    "domains": _HEAD.format(
        request="sub, dom, obj, act",
        row="sub, dom, obj, act",
        link="_, _, _",
        matcher="g(r.sub, p.sub, r.dom) && r.dom == p.dom && r.obj == p.obj && r.act == p.act",
    ),
    "abac": _HEAD.format(
        request="sub, obj, act",
        row="sub, obj, act, cond",
        link="_, _",
        matcher="g(r.sub.key, p.sub) && r.obj.name == p.obj && r.act == p.act && eval(p.cond)",
    ),
}
DOMAINS = 50


@dataclass(frozen=True, slots=True)
class Trial:
    """A policy and questions to it, each with the row or the key that answers it."""

    shape: str
    lines: list[tuple[str, list[str]]]
    requests: list[Request]

    def model(self) -> Model:
        model = Model()
        model.load_model_from_text(SHAPES[self.shape])
        return model

    def enforcer(self) -> CompiledEnforcer:
        return CompiledEnforcer(self.model(), Lines(self.lines))

    def stock(self) -> casbin.Enforcer:
        return casbin.Enforcer(self.model(), Lines(self.lines))

    def expanded(self) -> dict[Request, bool]:
        """Return every answer to ``requests`` written down: the physical limit of a decision."""
        mine = self.enforcer()
        return {flat(one): mine.decide(one, 0).allow for one in self.requests}


def flat(request: Request) -> Request:
    """Return ``request`` as a key."""
    return tuple(str(one) if isinstance(one, dict) else one for one in request)


def trial(shape: str, rules: int, *, requests: int = 5_000, seed: int = 1) -> Trial:
    """Make up a policy of ``rules`` rules."""
    dice = random.Random(seed)  # noqa: S311 - made up, and the same each time
    people, roles = max(rules // 10, 10), max(rules // 20, 4)
    lines: list[tuple[str, list[str]]] = []
    for number in range(rules):
        row = [f"role{number % roles}", f"data{number}", "read"]
        if shape == "domains":
            row.insert(1, f"site:{number % roles % DOMAINS}")
        if shape == "abac":
            row.append("True" if number % 2 else "r.sub.level >= r.obj.level")
        lines.append(("p", row))
    held: dict[int, list[tuple[int, str]]] = {}
    teams = set()
    for person in range(people):
        some = [dice.randrange(roles) for _ in range(3)]
        held[person] = [(role, f"site:{role % DOMAINS}") for role in some]
        for role, domain in held[person]:
            scope = [domain] * (shape == "domains")
            lines.append(("g", [f"user{person}", f"team{role}", *scope]))
            teams.add((f"team{role}", f"role{role}", *scope))
    lines += [("g", list(team)) for team in sorted(teams)]
    return Trial(shape, lines, [_request(shape, rules, roles, held, dice) for _ in range(requests)])


def _request(
    shape: str,
    rules: int,
    roles: int,
    held: dict[int, list[tuple[int, str]]],
    dice: random.Random,
) -> Request:
    person = dice.randrange(len(held))
    role, domain = dice.choice(held[person])
    number = role + roles * dice.randrange(max(rules // roles, 1))
    if dice.random() < 0.5:
        number = dice.randrange(rules)
    subject: Any = f"user{person}"
    thing: Any = f"data{number}"
    if shape == "abac":
        subject, thing = {"key": subject, "level": 2}, {"name": thing, "level": dice.randrange(4)}
    return (subject, domain, thing, "read") if shape == "domains" else (subject, thing, "read")


def timed(ask: Callable[[Request], object], requests: Sequence[Request]) -> tuple[float, float]:
    """Return the median and the 99th percentile of one question, in microseconds.

    Each question is asked for the first time, of people who were not asked about before.
    """
    clock, found = time.perf_counter_ns, []
    for request in requests:
        begun = clock()
        ask(request)
        found.append((clock() - begun) / 1_000)
    if len(found) < 100:
        return sorted(found)[len(found) // 2], max(found)
    cuts = quantiles(found, n=100)
    return cuts[49], cuts[98]
