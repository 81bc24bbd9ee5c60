"""Stock Casbin, built anew with exactly what holds, as the judge of the compiled enforcer."""

from dataclasses import dataclass
from random import Random
from typing import Any

import casbin
from casbin.model import Model

from governance.domain.ranks import rank
from governance.policy.enforcer import CompiledEnforcer, Lines, Timed
from governance.policy.index import Verdict, Why
from governance.policy.links import Link, Links
from tests.governance.policy.generated import AT, EFFECTS, Case, a_case, a_request, changed

DEFAULT_ALLOW = EFFECTS[1]
ERRORS = (Why.ENGINE, Why.TYPE, Why.ATTRIBUTE_MISSING)


@dataclass(slots=True)
class Count:
    """What was compared."""

    requests: int = 0
    delegated: int = 0
    allowed: int = 0
    raised: int = 0


def a_model(conf: str) -> Model:
    model = Model()
    model.load_model_from_text(conf)
    return model


def ours(case: Case) -> CompiledEnforcer:
    lines = [("p", Timed(row, since, until)) for row, since, until in case.rows]
    lines += [(kind, Timed(link, since, until)) for kind, link, since, until in case.links]
    return CompiledEnforcer(a_model(case.conf), Lines(lines))


def stock(case: Case, at: float) -> casbin.Enforcer:
    lines = [("p", row) for row, since, until in case.rows if since <= at < until]
    lines += [(kind, link) for kind, link, since, until in case.links if since <= at < until]
    judge = casbin.Enforcer(a_model(case.conf), Lines(lines))
    judge.add_function("rank", rank)
    return judge


def disagreement(case: Case, mine: CompiledEnforcer, at: float, request: list[Any]) -> str:
    """Return how the two differ on ``request``; empty where they agree."""
    return judged(case, mine.decide(request, at), at, request)


def judged(case: Case, verdict: Verdict, at: float, request: list[Any]) -> str:
    said = f"{case.conf}{case.rows}{case.links}\n{request} at {at}: {verdict}"
    judge = stock(case, at)
    try:
        allow, explained = judge.enforce_ex(*request)
    except Exception as error:  # noqa: BLE001 - the judge may raise anything
        # Rows that raise cannot be what allows.
        if verdict.allow and not _allowed_by_others(case, at, request):
            return f"{said}\nstock raises {error!r}"
        return ""
    hit = list(verdict.hit.values) if verdict.hit else []
    if (verdict.allow, hit) == (allow, list(explained)):
        return ""
    if not any(since <= at < until for _, since, until in case.rows) and not verdict.allow:
        return ""  # empty: stock compares with empty text, we refuse
    if verdict.why in ERRORS and (not allow or case.effect == DEFAULT_ALLOW):
        return ""  # a failing key refuses at once
    return f"{said}\nstock says {allow}, {explained}"


def _allowed_by_others(case: Case, at: float, request: list[Any]) -> bool:
    """Say whether the rows that do not raise, tried in order, allow."""
    tame = []
    for row in case.rows:
        alone = Case(case.conf, case.has_domains, case.has_objects, case.effect, [row], case.links)
        try:
            stock(alone, at).enforce_ex(*request)
        except Exception:  # noqa: BLE001 - as above
            continue
        tame.append(row)
    if not tame:
        return case.effect == DEFAULT_ALLOW
    left = Case(case.conf, case.has_domains, case.has_objects, case.effect, tame, case.links)
    try:
        return bool(stock(left, at).enforce_ex(*request)[0])
    except Exception:  # noqa: BLE001 - as above
        return False


def campaign(dice: Random, count: Count, *, steps: int = 4, requests: int = 6) -> str:
    """Compare one generated model through a sequence of changes; return the first difference."""
    case = a_case(dice)
    mine = ours(case)
    for step in range(steps):
        for _ in range(requests):
            at = AT + dice.choice([0, 0, -1, -10, 1, 10])
            request = a_request(case, dice)
            verdict = mine.decide(request, at)
            count.requests += 1
            count.allowed += verdict.allow
            count.delegated += bool(mine.delegated)
            if found := judged(case, verdict, at, request):
                return f"step {step}\n{found}"
        before = list(case.rows)
        changed(case, dice)
        # Where a link was removed, or nothing, the rows are shared.
        mine = mine.with_links(_links(case)) if case.rows == before else ours(case)
    return ""


def _links(case: Case) -> Links:
    return Links(
        Link(link[0], link[1], "".join(link[2:]), since, until, kind)
        for kind, link, since, until in case.links
    )
