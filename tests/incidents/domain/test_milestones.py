from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from incidents.domain.intervals import Interval
from incidents.domain.milestones import (
    Milestone,
    MilestoneKind,
    Order,
    Source,
    Status,
    check_order,
    correct,
    current,
    propose_detected,
)

T0 = datetime(2026, 11, 17, 8, 0, tzinfo=UTC)


def between(first, last):
    return Interval(T0 + timedelta(minutes=first), T0 + timedelta(minutes=last))


def a_milestone(kind=MilestoneKind.DETECTED, first=0, last=1, **over):
    return Milestone(kind, Status.KNOWN, Source.HUMAN, between(first, last), **over)


def test_a_known_milestone_has_a_time_and_the_others_have_a_reason():
    with pytest.raises(ValueError, match="exactly when"):
        Milestone(MilestoneKind.DETECTED, Status.KNOWN, Source.HUMAN)
    for status in (Status.UNKNOWN, Status.NEVER, Status.NOT_APPLICABLE, Status.RETRACTED):
        with pytest.raises(ValueError, match="needs a reason"):
            Milestone(MilestoneKind.DETECTED, status, Source.HUMAN)
        with pytest.raises(ValueError, match="exactly when"):
            Milestone(MilestoneKind.DETECTED, status, Source.HUMAN, between(0, 1), reason="x")


def test_an_estimate_states_its_basis():
    with pytest.raises(ValueError, match="rests on"):
        replace(a_milestone(), source=Source.ESTIMATE)
    assert replace(a_milestone(), source=Source.ESTIMATE, basis="VPN log").basis == "VPN log"


def test_a_notification_names_its_party_and_nothing_else_does():
    with pytest.raises(ValueError, match="party"):
        a_milestone(MilestoneKind.NOTIFIED)
    with pytest.raises(ValueError, match="party"):
        a_milestone(party="lindqvist")
    assert a_milestone(MilestoneKind.NOTIFIED, party="lindqvist").key == "notified:lindqvist"


def test_a_correction_is_a_new_entry_with_a_reason():
    first = a_milestone()
    with pytest.raises(ValueError, match="correction"):
        correct([first], a_milestone(first=5, last=6))
    second = correct([first], a_milestone(first=5, last=6, reason="clock of the host was wrong"))
    assert second.seq == 2
    assert current([second, first]) == {"detected": second}
    assert correct([first], a_milestone(MilestoneKind.CONTAINED)).seq == 1


def test_a_retraction_opens_the_question_again():
    first = a_milestone(MilestoneKind.CONTAINED)
    back = correct(
        [first],
        Milestone(MilestoneKind.CONTAINED, Status.RETRACTED, Source.HUMAN, reason="seen again"),
    )
    assert current([first, back]) == {}
    third = correct([first, back], a_milestone(MilestoneKind.CONTAINED, 60, 61, reason="now"))
    assert third.seq == 3
    assert current([first, back, third]) == {"contained": third}


def test_a_strict_reversal_is_told_from_an_overlap():
    restored, detected = a_milestone(MilestoneKind.RESTORED, 10, 20), a_milestone(first=20, last=21)
    (found,) = check_order(restored, [detected])
    assert (found.order, found.earlier, found.later) == (Order.REVERSED, detected, restored)
    (found,) = check_order(restored, [a_milestone(first=15, last=25)])
    assert found.order is Order.OVERLAPPING
    assert check_order(restored, [a_milestone(first=9, last=10)]) == ()


def test_reversals_come_before_overlaps():
    found = check_order(
        a_milestone(MilestoneKind.RESTORED, 10, 20),
        [a_milestone(first=15, last=25), a_milestone(MilestoneKind.ERADICATED, 30, 31)],
    )
    assert [one.order for one in found] == [Order.REVERSED, Order.OVERLAPPING]


@pytest.mark.parametrize(
    ("kind", "other"),
    [
        (MilestoneKind.CONTAINED, MilestoneKind.DETECTED),
        (MilestoneKind.FIRST_EXFILTRATION, MilestoneKind.DETECTED),
        (MilestoneKind.DECLARED, MilestoneKind.ALERT_RAISED),
    ],
)
def test_pairs_with_a_free_order_are_no_contradiction(kind, other):
    first, second = a_milestone(kind, 0, 1), a_milestone(other, 10, 11)
    assert check_order(first, [second]) == check_order(second, [first]) == ()
    assert check_order(replace(first, interval=between(20, 21)), [second]) == ()


def test_notices_are_only_held_against_detection():
    notice = a_milestone(MilestoneKind.NOTIFIED, 0, 1, party="authority")
    assert check_order(notice, [a_milestone(MilestoneKind.CONTAINED, 5, 6)]) == ()
    assert check_order(notice, [a_milestone(first=5, last=6)])[0].order is Order.REVERSED


def test_unanswered_milestones_contradict_nothing():
    unknown = Milestone(MilestoneKind.RESTORED, Status.NEVER, Source.HUMAN, reason="scrapped")
    assert check_order(unknown, [a_milestone()]) == check_order(a_milestone(), [unknown]) == ()


def test_detected_is_proposed_from_the_earlier_signal():
    alert, report = between(10, 11), between(3, 5)
    assert propose_detected(alert_raised=alert, reported=report) == report
    assert propose_detected(alert_raised=alert, reported=None) == alert
    assert propose_detected(alert_raised=None, reported=None) is None
