"""A refusal beats a gap, a gap beats a permit."""

from dataclasses import replace

import pytest

from governance.domain.decisions import Decision, Question, Reason
from governance.domain.gaps import Use, beyond
from governance.domain.obligations import parse

USES = {"table": Use(frozenset({"query"}), classified_by="level")}
QUESTION = Question(
    "user:1", "query", "table", "table:1", "*", {}, {"level": "internal"}, {"purpose": "quality"}
)
PERMIT = Decision(True, Reason.ALLOW_RULE, "r1", "sha")
BOUND = replace(PERMIT, obligations=(parse("purpose", {"allowed": ["quality", "safety"]}),))
UNNAMED: list[dict[str, object]] = [{}, {"purpose": ""}, {"purpose": None}, {"purpose": 1}]


def test_classified_data_for_a_named_purpose_stay_permitted() -> None:
    assert beyond(PERMIT, QUESTION, USES) is PERMIT
    assert beyond(BOUND, QUESTION, USES) is BOUND


@pytest.mark.parametrize(
    "attributes", [{}, {"level": None}, {"level": ""}, {"level": "unclassified"}]
)
def test_data_without_a_classification_are_a_gap(attributes: dict[str, object]) -> None:
    question = QUESTION._replace(resource_attributes=attributes)
    found = beyond(BOUND, question, USES)
    assert (found.allow, found.reason, found.rule) == (False, Reason.GAP_UNCLASSIFIED, "r1")
    assert found.obligations == ()
    assert beyond(PERMIT, question._replace(action="classify"), USES) is PERMIT
    assert beyond(PERMIT, question, {"table": Use(frozenset({"query"}))}) is PERMIT
    assert beyond(PERMIT, question, {}) is PERMIT


@pytest.mark.parametrize("environment", UNNAMED)
@pytest.mark.parametrize("decision", [PERMIT, BOUND])
def test_data_for_no_purpose_are_a_gap(environment: dict[str, object], decision: Decision) -> None:
    question = QUESTION._replace(environment=environment)
    assert beyond(decision, question, USES).reason is Reason.GAP_PURPOSE


def test_a_purpose_that_is_not_bound_is_a_gap_whatever_the_act() -> None:
    question = QUESTION._replace(environment={"purpose": "payroll"})
    assert beyond(BOUND, question, USES).reason is Reason.GAP_PURPOSE
    assert beyond(BOUND, question._replace(action="classify"), USES).reason is Reason.GAP_PURPOSE
    assert beyond(PERMIT, question, USES) is PERMIT


@pytest.mark.parametrize("reason", [Reason.DENY_RULE, Reason.DENY_NO_RULE, Reason.DENY_CONDITION])
def test_a_refusal_stays_a_refusal(reason: Reason) -> None:
    refusal = Decision(False, reason)
    assert (
        beyond(refusal, QUESTION._replace(resource_attributes={}, environment={}), USES) is refusal
    )


def test_what_could_not_be_evaluated_for_want_of_a_classification_is_that_gap() -> None:
    error = Decision(False, Reason.ERROR_TYPE)
    question = QUESTION._replace(resource_attributes={"level": "unclassified"})
    assert beyond(error, question, USES).reason is Reason.GAP_UNCLASSIFIED
    assert beyond(error, QUESTION, USES) is error
    assert beyond(error, question._replace(action="classify"), USES) is error


@pytest.mark.parametrize("reason", [Reason.GAP_UNCLASSIFIED, Reason.GAP_PURPOSE])
def test_each_gap_says_what_is_missing(reason: Reason) -> None:
    assert "could not be evaluated" not in Decision(False, reason).sentence()
