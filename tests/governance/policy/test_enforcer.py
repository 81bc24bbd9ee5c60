"""The compiled enforcer: traps into which others fell, threads, time, and what it refuses."""

import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from math import inf
from threading import Event
from typing import Any

import casbin
import pytest
from casbin.model import Model
from django.utils.safestring import SafeString

from governance.policy.enforcer import CompiledEnforcer, Lines, Timed
from governance.policy.index import Why
from governance.policy.links import Link, Links
from tests import evidence

RBAC = """[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act
"""
ABAC = """[request_definition]
r = sub, obj
[policy_definition]
p = obj, cond, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = r.obj == p.obj && eval(p.cond)
"""


def enforcer(conf: str, *rows: Sequence[str], links: Sequence[Sequence[str]] = ()) -> Any:
    model = Model()
    model.load_model_from_text(conf)
    lines = [("p", row if isinstance(row, Timed) else list(row)) for row in rows]
    lines += [("g", link if isinstance(link, Timed) else list(link)) for link in links]
    return CompiledEnforcer(model, Lines(lines))


def asked(condition: str, subject: object) -> Any:
    return enforcer(ABAC, ["data", condition, "allow"]).decide((subject, "data"), 0)


@pytest.mark.parametrize(("links", "allowed"), [(8, True), (9, True), (10, False), (11, False)])
def test_a_role_counts_over_nine_links_and_no_more(links: int, allowed: bool) -> None:
    path = [["ana", "r1"], *([f"r{n}", f"r{n + 1}"] for n in range(1, links))]
    mine = enforcer(RBAC, [f"r{links}", "data", "read"], links=path)
    assert mine.enforce("ana", "data", "read") == allowed


def test_roles_in_a_circle_end() -> None:
    mine = enforcer(RBAC, ["c", "data", "read"], links=[["a", "b"], ["b", "c"], ["c", "a"]])
    assert mine.enforce("a", "data", "read")
    assert not mine.enforce("a", "data", "write")


def test_a_condition_that_is_none_by_itself_is_refused() -> None:
    """Spliced into the matcher, as Casbin does, this text lets anybody pass."""
    with pytest.raises(ValueError, match="no expression"):
        enforcer(ABAC, ["data", "False) || (True", "allow"])


@pytest.mark.parametrize(
    "condition",
    [
        "r.sub.__class__ == 1",
        "r.sub.func_globals == 1",
        "r.sub.format == 1",
        "__import__('os')",
        "open('/etc/passwd')",
        "9 ** 9 ** 9 > 1",
        "(lambda: True)()",
        "r.sub.missing == 1",
        "unknown(r.sub)",
        "nobody == 1",
    ],
)
def test_a_condition_that_reaches_too_far_allows_nothing(condition: str) -> None:
    assert not asked(condition, {"age": 1}).allow


def test_a_condition_of_a_megabyte_is_refused() -> None:
    with pytest.raises(ValueError, match="characters"):
        asked("True or " * 130_000 + "True", {})


@pytest.mark.parametrize("value", [1, "y", 0, None, [], ""])
def test_a_bare_attribute_must_be_true_or_false(value: object) -> None:
    """Plain truthiness would allow where Casbin raises."""
    verdict = asked("r.sub.flag", {"flag": value})
    assert (verdict.allow, verdict.why) == (False, Why.TYPE)


def test_a_missing_attribute_is_named_as_the_reason() -> None:
    assert asked("r.sub.age > 18", {}).why is Why.ATTRIBUTE_MISSING
    assert asked("r.sub.age > 18", {"age": "old"}).why is Why.TYPE
    assert asked("r.sub.age > 18", {"age": 17}).why is Why.CONDITION


@pytest.mark.parametrize("odd", [None, 7, 1.5, True, b"data", ["data"], {}, ()])
def test_an_operand_that_is_no_text_matches_nothing(odd: object) -> None:
    verdict = enforcer(ABAC, ["data", "True", "allow"]).decide(({}, odd), 0)
    assert (verdict.allow, verdict.why) == (False, Why.NO_RULE)


def test_text_of_another_type_is_left_to_casbin() -> None:
    assert enforcer(ABAC, ["data", "True", "allow"]).enforce({}, SafeString("data"))


def test_nothing_named_is_allowed_by_an_empty_policy() -> None:
    assert not enforcer(RBAC).enforce("", "", "")
    stock = casbin.Enforcer(enforcer(RBAC).model)
    assert stock.enforce("", "", "")  # the trap


def test_an_effect_that_allows_by_default_is_still_refused_on_an_error() -> None:
    conf = ABAC.replace("some(where (p.eft == allow)) && !", "!")
    mine = enforcer(conf, ["data", "r.sub.age > 18", "deny"])
    assert mine.decide(({"age": 3}, "data"), 0).allow
    assert not mine.decide(({}, "data"), 0).allow


@pytest.mark.parametrize(("at", "allowed"), [(9, False), (10, True), (19, True), (20, False)])
def test_rows_and_links_end_at_their_second(at: int, allowed: bool) -> None:
    mine = enforcer(RBAC, ["r", "data", "read"], links=[Timed(["ana", "r"], 10, 20)])
    assert mine.decide(("ana", "data", "read"), at).allow == allowed
    mine = enforcer(RBAC, Timed(["ana", "data", "read"], 10, 20), ["x", "x", "x"])
    assert mine.decide(("ana", "data", "read"), at).allow == allowed


def test_a_closure_ends_when_a_link_that_it_met_does() -> None:
    links = Links([Link("ana", "r", until=20), Link("ana", "s", since=30, until=inf)])
    assert set(links.closure("g", "ana", "", 15).roles) == {"ana", "r"}
    assert set(links.closure("g", "ana", "", 25).roles) == {"ana"}
    assert set(links.closure("g", "ana", "", 30).roles) == {"ana", "s"}
    assert set(links.closure("g", "ana", "", 15).roles) == {"ana", "r"}  # the clock went back


def test_reading_remembers_nobody_who_is_not_there() -> None:
    mine = enforcer(RBAC, ["r", "data", "read"], links=[["ana", "r"]])
    before = len(list(mine.links.every()))
    for number in range(1_000):
        mine.enforce(f"stranger{number}", "data", "read")
    assert len(list(mine.links.every())) == before


def test_other_links_leave_the_enforcer_before_as_it_was() -> None:
    mine = enforcer(RBAC, ["r", "data", "read"], links=[["ana", "r"]])
    after = mine.with_links(mine.links.replaced("ana", []))
    after = after.with_links(after.links.replaced("bo", [Link("bo", "r")]))
    assert (mine.enforce("ana", "data", "read"), after.enforce("ana", "data", "read")) == (
        True,
        False,
    )
    assert (mine.enforce("bo", "data", "read"), after.enforce("bo", "data", "read")) == (
        False,
        True,
    )


@pytest.mark.parametrize("change", ["add_policy", "remove_policy", "clear_policy", "load_policy"])
def test_a_loaded_enforcer_refuses_to_change(change: str) -> None:
    mine = enforcer(RBAC, ["ana", "data", "read"])
    with pytest.raises(RuntimeError, match="does not change"):
        getattr(mine, change)()
    assert mine.enforce("ana", "data", "read")


def churn(wanted: int, seed: int, *, threads: int = 16) -> tuple[int, int]:
    """Ask in threads while memberships and the policy change; return questions and wrong answers.

    Right is what held in one of the states that stood between question and answer. Each
    state says by its number which of the people may read.
    """
    people = [f"u{number}" for number in range(64)]

    def state(number: int) -> Any:
        held = [
            Timed([one, "r"], 0, 500 if at % 7 == 0 else inf)
            for at, one in enumerate(people)
            if (at + number) % 3
        ]
        rows = [["r", "data", "read"], ["r", f"data{number % 5}", "read"]]
        return enforcer(RBAC, *rows, links=held)

    def right(number: int, who: int, at: float) -> bool:
        return bool((who + number) % 3) and not (who % 7 == 0 and at >= 500)

    box = [(0, state(0))]
    done = Event()

    def reload() -> None:
        number = 0
        while not done.is_set():
            number += 1
            if number % 2:
                box[0] = (number, state(number))
            else:  # the same rows, and each person's links replaced one by one
                mine = box[0][1]
                for at, one in enumerate(people):
                    until = 500 if at % 7 == 0 else inf
                    links = [Link(one, "r", "", 0, until)] if (at + number) % 3 else []
                    mine = mine.with_links(mine.links.replaced(one, links))
                box[0] = (number, mine)

    def ask(thread: int) -> int:
        dice, wrong = random.Random(f"{seed} {thread}"), 0
        for _ in range(wanted // threads):
            number, mine = box[0]
            who, at = dice.randrange(64), dice.choice([1.0, 499.0, 500.0, 900.0])
            wrong += mine.decide((people[who], "data", "read"), at).allow != right(number, who, at)
        return wrong

    with ThreadPoolExecutor(threads + 1) as pool:
        reloading = pool.submit(reload)
        wrong = sum(pool.map(ask, range(threads)))
        done.set()
        reloading.result()
    return wanted // threads * threads, wrong


def test_threads_never_see_a_wrong_answer(request: pytest.FixtureRequest) -> None:
    seed = int(request.config.getoption("randomly_seed"))
    assert churn(20_000, seed) == (20_000, 0)


@pytest.mark.soak
def test_a_million_answers_in_sixteen_threads(request: pytest.FixtureRequest) -> None:
    seed, begun = int(request.config.getoption("randomly_seed")), time.monotonic()
    count, wrong = churn(1_000_000, seed)
    evidence.record(
        "policy-threads",
        count=count,
        failures=wrong,
        seconds=time.monotonic() - begun,
        seed=seed,
        threads=16,
    )
    assert wrong == 0
