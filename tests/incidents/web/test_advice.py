"""What comes next while no step waits."""

import pytest

from incidents.domain.closing import Gate, GateName
from incidents.domain.incidents import Phase
from incidents.web.advice import Advice, advise

BOOKS = [("containment", "Containment"), ("recovery", "Recovery"), ("learning", "Learning")]
MET = Gate(GateName.RUNBOOKS, True, "no step waits")
OPEN = Gate(GateName.BREACH, False, "nobody decided whether it is a breach")


def said(phase: Phase, *gates: Gate, begun: tuple[str, ...] = ()) -> Advice:
    return advise(phase, gates, begun=begun, startable=BOOKS)


@pytest.mark.parametrize(
    ("phase", "runbook"),
    [
        (Phase.ACTIVE, "containment"),
        (Phase.CONTAINED, "recovery"),
        (Phase.RECOVERING, "recovery"),
        (Phase.REVIEW, "learning"),
    ],
)
def test_each_phase_begins_its_runbook(phase: Phase, runbook: str) -> None:
    assert said(phase).runbook == runbook


def test_a_runbook_that_was_begun_gives_way_to_its_milestone() -> None:
    assert said(Phase.ACTIVE, begun=("containment",)) == Advice(
        "Say when it was contained",
        "Its runbook was worked through, and it is not contained yet.",
        milestone="contained",
    )


def test_a_runbook_that_nobody_approved_is_not_offered() -> None:
    assert said(Phase.REPORTED).runbook == ""


def test_in_review_the_gates_come_next_and_then_the_end() -> None:
    open_one = said(Phase.REVIEW, MET, OPEN, begun=("learning",))
    assert (open_one.place, open_one.closes) == ("gates", False)
    assert "Breach decided: nobody decided" in open_one.why
    debrief = Gate(GateName.DEBRIEF, False, "not held yet")
    assert said(Phase.REVIEW, debrief, begun=("learning",)).place == "learn"
    assert said(Phase.REVIEW, MET, begun=("learning",)).closes
