"""Gaps, circumstances and trust in partners over AuthZEN, over real HTTP."""

from dataclasses import replace
from typing import Any

import pytest

from governance.models import DecisionLog
from tests.builders.access import (
    a_caller,
    a_directory,
    a_policy,
    a_resource,
    a_rule,
    a_subject,
    a_type,
    question,
)
from tests.builders.catalog import an_asset
from tests.builders.governance import a_member
from tests.governance.api.asking import Pep

pytestmark = pytest.mark.django_db(transaction=True)
ANA, RIO = ("person", "ana"), ("supplier", "rio")
CLEARED = "rank(r.sub.clearance) >= rank(r.res.level)"
BOUND = '[{"kind": "purpose", "allowed": ["quality", "safety"]}]'


@pytest.fixture
def pep(live_server: Any) -> Pep:
    a_policy(
        [
            a_rule("guard", "dataset", "query", CLEARED),
            a_rule("guard", "dataset", "describe"),
            replace(a_rule("guard", "dataset", "train"), obligations=BOUND),
            a_rule("partner", "drawing", "open", "r.sub.trust >= 3 && r.env.mfa == True"),
            a_rule("partner", "drawing", "list", "0 <= r.env.hour && r.env.hour < 24"),
            a_rule("partner", "drawing", "never", "r.env.hour == 99 || r.env.at < 5"),
        ]
    )
    a_type(
        "resource",
        "dataset",
        acts=["describe"],
        data_acts=["query", "train"],
        classified_by="level",
    )
    a_directory(
        a_subject("person", "ana", "guard", clearance="confidential"),
        a_subject("supplier", "rio", "partner", trust=3),
        a_subject("supplier", "sol", "partner", trust=2),
        a_resource("dataset", "welds", level="internal"),
        a_resource("dataset", "badges", level="restricted"),
        a_resource("dataset", "dump"),
        a_resource("drawing", "press"),
    )
    claims = ["context.purpose", "context.mfa", "context.hour", "context.at"]
    return Pep(live_server.url, a_caller(assertable=claims, slug="tower")[1])


def reason(pep: Pep, act: str, thing: tuple[str, str], **context: object) -> tuple[bool, str]:
    answer = pep.ask("evaluation", question(ANA, act, thing, context=context))
    return answer["decision"], answer["context"]["reason"]


def test_data_are_used_classified_and_for_a_purpose(pep: Pep) -> None:
    welds, dump = ("dataset", "welds"), ("dataset", "dump")
    assert reason(pep, "query", welds, purpose="quality") == (True, "allow:rule")
    assert reason(pep, "query", welds) == (False, "gap:purpose")
    assert reason(pep, "train", dump, purpose="quality") == (False, "gap:unclassified")
    assert reason(pep, "describe", dump) == (True, "allow:rule")
    row = DecisionLog.objects.filter(reason="gap:unclassified").get()
    assert row.inputs["e"] == {"purpose": "quality"}


def test_a_clearance_reaches_up_to_its_level(pep: Pep) -> None:
    badges, dump = ("dataset", "badges"), ("dataset", "dump")
    assert reason(pep, "query", badges, purpose="quality") == (False, "deny:condition")
    # Its rank is asked for and there is none: what is missing is the classification.
    assert reason(pep, "query", dump, purpose="quality") == (False, "gap:unclassified")


def test_a_purpose_must_be_among_those_that_are_bound(pep: Pep) -> None:
    welds = ("dataset", "welds")
    assert reason(pep, "train", welds, purpose="safety") == (True, "allow:rule")
    assert reason(pep, "train", welds, purpose="payroll") == (False, "gap:purpose")
    unheard = Pep(pep.address, a_caller(slug="mute")[1])
    assert reason(unheard, "train", welds, purpose="safety") == (False, "gap:purpose")


def test_in_a_batch_each_record_has_its_own_gap(pep: Pep) -> None:
    """What no condition touches is decided once for a scope; its gaps are not."""
    names, purposes = (
        ("welds", "dump", "welds", "badges"),
        ("safety", "safety", "payroll", "safety"),
    )
    items = [
        question(ANA, "train", ("dataset", name), context={"purpose": purpose})
        for name, purpose in zip(names, purposes, strict=True)
    ]
    found = pep.ask("evaluations", {"evaluations": items})["evaluations"]
    assert [one["context"]["reason"] for one in found] == [
        "allow:rule", "gap:unclassified", "gap:purpose", "allow:rule",
    ]  # fmt: skip


def test_a_gap_is_no_result_of_a_search(pep: Pep) -> None:
    asked = question(ANA, "train", ("dataset", ""), context={"purpose": "safety"})
    del asked["resource"]["id"]
    found = pep.ask("search/resource", asked)
    assert [one["id"] for one in found["results"]] == ["badges", "welds"]
    del asked["context"]
    assert pep.ask("search/resource", asked)["results"] == []


def test_a_declaration_counts_with_the_next_question(pep: Pep) -> None:
    press = question(RIO, "list", ("drawing", "press"))
    assert pep.decides(press)
    a_type("resource", "drawing", data_acts=["list"])
    assert pep.ask("evaluation", press)["context"]["reason"] == "gap:purpose"


def test_a_partner_that_is_trusted_little_opens_nothing(pep: Pep) -> None:
    def opens(who: str, **context: object) -> bool:
        asked = question(("supplier", who), "open", ("drawing", "press"), context=context)
        return pep.decides(asked)

    assert opens("rio", mfa=True)
    assert not opens("rio")
    assert not opens("rio", mfa="yes")
    assert not opens("sol", mfa=True)


def test_the_clock_is_ours(pep: Pep) -> None:
    press = ("drawing", "press")
    assert pep.decides(question(RIO, "list", press, context={"hour": 99}))
    assert not pep.decides(question(RIO, "never", press, context={"hour": 99, "at": 1}))


def test_our_own_assets_are_searched_and_judged_alike(pep: Pep) -> None:
    labeled, bare = an_asset(level=1), an_asset(level=None)
    who = ("user", str(a_member("data_owner").pk))
    asked = question(who, "catalog:data:read", ("catalog.asset", ""))
    asked["context"] = {"purpose": "quality"}
    del asked["resource"]["id"]
    found = pep.ask("search/resource", asked)
    assert [one["id"] for one in found["results"]] == [str(labeled.pk)]
    asked["resource"]["id"] = str(bare.pk)
    assert pep.ask("evaluation", asked)["context"]["reason"] == "gap:unclassified"
