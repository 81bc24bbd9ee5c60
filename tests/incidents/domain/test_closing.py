"""Gates of closing in words."""

from datetime import UTC, datetime
from typing import Any

import pytest

from incidents.domain.closing import REQUIRED, GateName, Standing, gates
from incidents.domain.intervals import Interval
from incidents.domain.milestones import Milestone, MilestoneKind, Source, Status

ANSWERED = {
    kinds[0].value: Milestone(kinds[0], Status.UNKNOWN, Source.HUMAN, reason="no log")
    for kinds in REQUIRED
}


def standing(current: dict[str, Milestone] = ANSWERED, **over: Any) -> dict[str, tuple[bool, str]]:
    return {gate.name: (gate.is_met, gate.words) for gate in gates(current, Standing(**over))}


def test_an_answer_without_a_time_is_an_answer() -> None:
    assert all(met for met, _ in standing().values())


def test_what_was_never_asked_is_open_by_name() -> None:
    left = {key: one for key, one in ANSWERED.items() if key not in ("contained", "restored")}
    assert standing(left)["Milestones answered"] == (False, "open: contained, restored")


def test_either_kind_of_beginning_answers_the_first_line() -> None:
    first = MilestoneKind.FIRST_MALICIOUS_ACTION
    held = {key: one for key, one in ANSWERED.items() if key != "initial_compromise"}
    assert not standing(held)["Milestones answered"][0]
    held[first.value] = Milestone(first, Status.UNKNOWN, Source.HUMAN, reason="no log")
    assert standing(held)["Milestones answered"][0]


@pytest.mark.parametrize(("steps", "words"), [(1, "1 step waits"), (4, "4 steps wait")])
def test_waiting_steps_are_counted(steps: int, words: str) -> None:
    assert standing(open_steps=steps)["Runbooks worked through"] == (False, words)


def test_what_is_not_asked_for_is_no_gate() -> None:
    assert not {"Debrief held", "Breach decided"} & standing().keys()
    asked = standing(debrief=False, is_decided=False)
    assert asked["Debrief held"] == (False, "not opened yet")
    assert not asked["Breach decided"][0]
    assert standing(debrief=False, is_debrief_open=True)["Debrief held"][1] == "not held yet"
    assert standing(debrief=True, is_decided=True)["Debrief held"][0]


def test_open_notices_and_custody_are_named() -> None:
    found = standing(open_notices=("Early warning to CSIRT",), open_custody=("E2", "E3"))
    assert found["Notices sent or ruled out"] == (False, "open: Early warning to CSIRT")
    assert found["Custody complete"] == (False, "open: E2, E3")


def test_a_waiver_lifts_a_red_gate_and_says_so() -> None:
    found = gates({}, Standing(), waived={"milestones": "lost logs", "runbooks": "never needed"})
    said = {gate.slug: (gate.is_met, gate.is_open, gate.words) for gate in found}
    assert said[GateName.MILESTONES][:2] == (False, False)
    assert said[GateName.MILESTONES][2].endswith("; waived: lost logs")
    assert said[GateName.RUNBOOKS] == (True, False, "no step waits")


@pytest.mark.parametrize(
    ("reason", "is_major", "words"),
    [
        ("watch log", True, "without evidence: contained"),
        ("watch log", False, "each has its time or its reason"),
        ("E3 the log", True, "each has its time or its reason"),
        ("no evidence: it burned", True, "each has its time or its reason"),
    ],
)
def test_a_major_incident_is_closed_with_evidence_or_the_reason_why_not(
    reason: str, is_major: bool, words: str
) -> None:
    instant = Interval.at(datetime(2026, 11, 17, 9, tzinfo=UTC))
    contained = Milestone(
        MilestoneKind.CONTAINED, Status.KNOWN, Source.HUMAN, interval=instant, reason=reason
    )
    held = {**ANSWERED, "contained": contained}
    found = standing(held, is_major=is_major)["Milestones answered"]
    assert found == (not words.startswith("without"), words)
