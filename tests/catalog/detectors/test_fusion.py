"""What detectors say together."""

import pytest

from catalog.detectors.fusion import Outcome, Said, Source, Statement, fuse
from catalog.detectors.proposals import Proposal, level_of
from catalog.domain.labels import Level

EMAIL, PHONE = "user.contact.email", "user.contact.phone_number"
NATIONAL = "user.government_id.national_identification_number"


def said(source: Source, category: str, *, is_proof: bool = False, confidence: float = 0.8) -> Said:
    proposal = Proposal(category, level_of(category), confidence, f"{source}/1:x", ("x",), is_proof)
    return Said(source, proposal)


NAME, VALUE, LINEAGE = Source.NAME, Source.VALUE, Source.LINEAGE


@pytest.mark.parametrize(
    ("told", "outcome", "why"),
    [
        ([said(NAME, EMAIL)], Outcome.PROPOSED, "alone"),
        ([said(VALUE, EMAIL)], Outcome.PROPOSED, "alone"),
        ([said(VALUE, PHONE)], Outcome.PROPOSED, "alone"),
        ([said(LINEAGE, EMAIL)], Outcome.PROPOSED, "alone"),
        ([said(VALUE, NATIONAL, is_proof=True)], Outcome.ACCEPTED, "check_digits"),
        ([said(NAME, EMAIL), said(VALUE, EMAIL)], Outcome.ACCEPTED, "agree"),
        ([said(NAME, EMAIL), said(LINEAGE, EMAIL)], Outcome.ACCEPTED, "agree"),
        ([said(VALUE, EMAIL), said(LINEAGE, EMAIL)], Outcome.PROPOSED, "alone"),
    ],
)
def test_what_one_category_becomes(told: list[Said], outcome: Outcome, why: str) -> None:
    (verdict,) = fuse(told)
    assert (verdict.outcome, verdict.why) == (outcome, why)
    assert len(verdict.said) == len(told)


def test_two_sources_that_disagree_leave_both_proposed() -> None:
    verdicts = fuse([said(NAME, EMAIL), said(VALUE, PHONE)])
    assert [(v.category, v.outcome, v.why) for v in verdicts] == [
        (EMAIL, Outcome.PROPOSED, "disagree"),
        (PHONE, Outcome.PROPOSED, "disagree"),
    ]


def test_check_digits_are_not_undone_by_a_name() -> None:
    verdicts = {
        v.category: v for v in fuse([said(NAME, PHONE), said(VALUE, NATIONAL, is_proof=True)])
    }
    assert verdicts[NATIONAL].outcome is Outcome.ACCEPTED
    assert (verdicts[PHONE].outcome, verdicts[PHONE].why) == (Outcome.PROPOSED, "disagree")


def test_a_whole_and_its_part_agree_and_the_part_stands() -> None:
    (verdict,) = fuse([said(NAME, "user.contact"), said(VALUE, EMAIL)])
    assert (verdict.category, verdict.outcome) == (EMAIL, Outcome.ACCEPTED)


def test_one_source_may_say_two_things() -> None:
    verdicts = fuse([said(NAME, "user.name"), said(NAME, EMAIL)])
    assert {v.why for v in verdicts} == {"alone"}
    assert len(verdicts) == 2


def test_agreement_is_more_confident_than_either() -> None:
    (verdict,) = fuse([said(NAME, EMAIL), said(VALUE, EMAIL)])
    assert verdict.confidence == pytest.approx(0.96)


@pytest.mark.parametrize(
    "contract",
    [
        Statement(is_personal=False),
        Statement(level=Level.PUBLIC),
        Statement(categories=frozenset({PHONE})),
        Statement(categories=frozenset({"system.operations"})),
    ],
)
def test_a_contract_that_says_otherwise_opens_a_review(contract: Statement) -> None:
    (verdict,) = fuse([said(NAME, EMAIL), said(VALUE, EMAIL)], contract=contract)
    assert (verdict.outcome, verdict.why) == (Outcome.REVIEW, "contract")


@pytest.mark.parametrize(
    "contract",
    [
        Statement(),
        Statement(is_personal=True, level=Level.RESTRICTED),
        Statement(categories=frozenset({"user"})),
        Statement(categories=frozenset({EMAIL, PHONE})),
    ],
)
def test_a_contract_that_fits_changes_nothing(contract: Statement) -> None:
    (verdict,) = fuse([said(NAME, EMAIL), said(VALUE, EMAIL)], contract=contract)
    assert verdict.outcome is Outcome.ACCEPTED


def test_nothing_said_is_no_verdict() -> None:
    assert fuse([], contract=Statement(is_personal=False)) == ()
