import pytest

from incidents.domain.closing import REQUIRED, gates
from incidents.domain.incidents import Severity
from incidents.domain.milestones import Milestone, MilestoneKind, Source, Status

ANSWERED = {
    kinds[0].value: Milestone(kinds[0], Status.UNKNOWN, Source.HUMAN, reason="no log")
    for kinds in REQUIRED
}


def standing(current=ANSWERED, severity=Severity.SEV3, open_steps=0, finished=()):
    found = gates(current, severity=severity, open_steps=open_steps, finished=finished)
    return {gate.name: (gate.is_met, gate.words) for gate in found}


def test_an_answer_without_a_time_is_an_answer():
    assert all(met for met, _ in standing().values())


def test_what_was_never_asked_is_open_by_name():
    left = {key: one for key, one in ANSWERED.items() if key not in ("contained", "restored")}
    assert standing(left)["Milestones answered"] == (False, "open: contained, restored")


def test_either_kind_of_beginning_answers_the_first_line():
    first = MilestoneKind.FIRST_MALICIOUS_ACTION
    held = {key: one for key, one in ANSWERED.items() if key != "initial_compromise"}
    assert not standing(held)["Milestones answered"][0]
    held[first.value] = Milestone(first, Status.UNKNOWN, Source.HUMAN, reason="no log")
    assert standing(held)["Milestones answered"][0]


@pytest.mark.parametrize(("steps", "words"), [(1, "1 step waits"), (4, "4 steps wait")])
def test_waiting_steps_are_counted(steps, words):
    assert standing(open_steps=steps)["Runbooks worked through"] == (False, words)


@pytest.mark.parametrize("severity", list(Severity))
def test_major_incidents_need_their_debrief(severity):
    assert ("Debrief held" in standing(severity=severity)) is severity.is_major
    if severity.is_major:
        assert not standing(severity=severity)["Debrief held"][0]
        assert standing(severity=severity, finished=("learning",))["Debrief held"][0]
