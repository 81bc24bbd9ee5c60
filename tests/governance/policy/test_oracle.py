"""No disagreement with stock Casbin, on cases made by others and on generated ones."""

import json
import time
from random import Random

import casbin
import pytest
from casbin.model import Model
from casbin.persist.adapters import FileAdapter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.policy.enforcer import CompiledEnforcer
from tests import evidence
from tests.governance.policy.oracle import Count, campaign
from tests.shared import shared

CASES = [
    f"{source} {number}"
    for source, count in (("go", 27), ("python", 23))
    for number in range(count)
]


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False, note_method_calls=False))
def test_generated_models_are_decided_as_stock_does(dice: Random) -> None:
    assert campaign(dice, Count()) == ""


def test_a_seeded_sample_agrees_and_is_hardly_ever_delegated(
    request: pytest.FixtureRequest,
) -> None:
    seed = int(request.config.getoption("randomly_seed"))
    count = Count()
    for number in range(300):
        assert campaign(Random(f"{seed} {number}"), count) == ""
    assert count.allowed > count.requests / 20
    assert count.delegated < count.requests / 20


@pytest.mark.parametrize("case", CASES)
def test_cases_from_upstream_get_what_stock_gives(case: str) -> None:
    source, _, number = case.partition(" ")
    place = shared(f"authz/casbin/{source}/cases.json")
    upstream = json.loads(place.read_text())[int(number)]
    examples = place.parent / "examples"
    conf, rows = str(examples / upstream["model"]), str(examples / upstream["policy"])
    mine = CompiledEnforcer(_model(conf), FileAdapter(rows))
    for request, _ in upstream["checks"]:
        stock = casbin.Enforcer(conf, rows)
        try:
            allow, explained = stock.enforce_ex(*request)
        except Exception:  # noqa: BLE001 - stock may raise anything; then nothing is allowed here
            assert not mine.enforce(*request), request
        else:
            assert mine.enforce_ex(*request) == (allow, list(explained)), request


def test_most_upstream_models_are_compiled() -> None:
    delegated = {}
    for conf in sorted(shared("authz/casbin/go/examples").glob("*_model*.conf")):
        rows = conf.with_name(conf.name.replace("_model", "_policy")).with_suffix(".csv")
        if not rows.exists():
            continue
        try:
            mine = CompiledEnforcer(_model(str(conf)), FileAdapter(str(rows)))
        except (RuntimeError, KeyError, TypeError, ValueError):
            continue
        if mine.delegated:
            delegated[conf.name] = mine.delegated
    assert len(delegated) <= 8, delegated


@pytest.mark.soak
def test_a_million_generated_requests(request: pytest.FixtureRequest) -> None:
    seed, wanted = int(request.config.getoption("randomly_seed")), 1_000_000
    begun, count, wrong, number = time.monotonic(), Count(), [], 0
    while count.requests < wanted:
        if found := campaign(Random(f"{seed} {number}"), count):
            wrong.append(found)
        number += 1
    evidence.record(
        "policy-oracle",
        count=count.requests,
        failures=len(wrong),
        seconds=time.monotonic() - begun,
        seed=seed,
        models=number,
        allowed=count.allowed,
        delegated=count.delegated,
    )
    assert wrong == []


def _model(path: str) -> Model:
    model = Model()
    model.load_model(path)
    return model
