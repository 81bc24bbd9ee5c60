from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.domain.incidents import Ending, Phase, Reference, Severity, may_reopen, phase
from incidents.domain.milestones import MilestoneKind as M

CLOSED_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (set(), Phase.REPORTED),
        ({M.DETECTED, M.ALERT_RAISED}, Phase.REPORTED),
        ({M.CONTAINED, M.RESTORED}, Phase.REPORTED),
        ({M.DECLARED}, Phase.ACTIVE),
        ({M.DECLARED, M.CONTAINED}, Phase.CONTAINED),
        ({M.DECLARED, M.CONTAINED, M.ERADICATED}, Phase.RECOVERING),
        ({M.DECLARED, M.RESTORED}, Phase.REVIEW),
        ({M.DECLARED, M.RESTORED, M.CLOSED}, Phase.CLOSED),
    ],
)
def test_the_phase_follows_from_the_milestones(known, expected):
    assert phase(known) is expected


def test_a_started_recovery_runbook_leads_to_recovering():
    assert phase({M.DECLARED, M.CONTAINED}, is_recovery_started=True) is Phase.RECOVERING
    assert phase({M.DECLARED, M.RESTORED}, is_recovery_started=True) is Phase.REVIEW


@pytest.mark.parametrize("ending", list(Ending))
def test_an_ending_wins_over_milestones_and_never_counts(ending):
    found = phase({M.DECLARED, M.RESTORED}, ending=ending)
    assert found.value == ending.value
    assert found.is_terminal
    assert not found.counts_in_metrics


def test_only_the_two_upper_severities_are_major():
    assert [one for one in Severity if one.is_major] == [Severity.SEV1, Severity.SEV2]


def test_an_incident_may_be_reopened_for_thirty_days_to_the_instant():
    last = CLOSED_AT + timedelta(days=30)
    assert may_reopen(closed_at=CLOSED_AT, at=last)
    assert not may_reopen(closed_at=CLOSED_AT, at=last + timedelta(microseconds=1))
    assert not may_reopen(closed_at=CLOSED_AT, at=CLOSED_AT - timedelta(seconds=1))


@given(st.integers(1970, 9999), st.integers(1, 999_999_999))
def test_a_reference_reads_back(year, number):
    assert Reference.parse(str(Reference(year, number))) == Reference(year, number)


def test_a_reference_has_at_least_four_digits():
    assert str(Reference(2026, 42)) == "INC-2026-0042"
    assert str(Reference(2026, 10_000)) == "INC-2026-10000"


@pytest.mark.parametrize(
    "text",
    ["INC-2026-42", "INC-2026-0000", "INC-2026-00042", "inc-2026-0042", "INC-2026-0042 ", ""],
)
def test_another_form_is_no_reference(text):
    with pytest.raises(ValueError, match="incident reference"):
        Reference.parse(text)
