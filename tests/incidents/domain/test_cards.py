import pytest

from incidents.domain.cards import HOLDERS, WAITING, CardState, is_for
from incidents.runbooks.core import CoreRunbook, playbook


@pytest.mark.parametrize("runbook", list(CoreRunbook))
def test_somebody_answers_for_every_role_of_the_runbooks(runbook):
    assert {step.role for step in playbook(runbook).steps} <= set(HOLDERS)


def test_a_step_is_for_whoever_holds_its_role():
    assert is_for("SOC", {"soc_analyst", "auditor"})
    assert not is_for("SOC", {"site_operator"})
    assert not is_for("The cat", {"soc_analyst"})
    assert not is_for("The cat", {None})


def test_a_step_handed_over_still_waits():
    assert {one for one in CardState if one.is_waiting} == set(WAITING)
    assert CardState.HANDED_OVER.is_waiting
    assert not CardState.CANNOT.is_waiting
