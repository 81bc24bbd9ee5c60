from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.domain.durations import Duration, Metric, State, detection_lag, measure, notify
from incidents.domain.intervals import Interval
from incidents.domain.milestones import Milestone, MilestoneKind, Source, Status, current

T0 = datetime(2026, 11, 17, 8, 0, tzinfo=UTC)
AT = T0 + timedelta(hours=5)


def minutes(number):
    return timedelta(minutes=number)


def known(kind, first, last, **over):
    interval = Interval(T0 + minutes(first), T0 + minutes(last))
    over = {"source": Source.HUMAN, **over}
    return Milestone(kind, Status.KNOWN, interval=interval, **over)


def answered(kind, status):
    return Milestone(kind, status, Source.HUMAN, reason="because")


def test_a_duration_is_the_interval_between_two_intervals():
    held = current(
        [
            known(MilestoneKind.INITIAL_COMPROMISE, 0, 20, source=Source.ESTIMATE, basis="VPN log"),
            known(MilestoneKind.DETECTED, 45, 46),
        ]
    )
    found = measure(Metric.TTD, held, at=AT)
    assert (found.low, found.high, found.point) == (minutes(25), minutes(46), minutes(35.5))
    assert found.state is State.KNOWN
    assert found.basis == "initial_compromise"
    assert found.is_estimated


def test_overlapping_ends_start_at_zero():
    held = current([known(MilestoneKind.DETECTED, 0, 60), known(MilestoneKind.RESTORED, 30, 31)])
    found = measure(Metric.TTR, held, at=AT)
    assert (found.low, found.high) == (timedelta(0), minutes(31))


def test_time_to_detect_falls_back_to_the_first_malicious_action():
    action = known(MilestoneKind.FIRST_MALICIOUS_ACTION, 0, 1)
    detected = known(MilestoneKind.DETECTED, 10, 11)
    assert measure(Metric.TTD, current([action, detected]), at=AT).basis == "first_malicious_action"
    unknown = answered(MilestoneKind.INITIAL_COMPROMISE, Status.UNKNOWN)
    both = measure(Metric.TTD, current([unknown, action, detected]), at=AT)
    assert (both.state, both.basis) == (State.KNOWN, "first_malicious_action")
    only = measure(Metric.TTD, current([unknown, detected]), at=AT)
    assert (only.state, only.counts) == (State.UNKNOWN, False)


def test_an_open_end_is_a_running_clock():
    found = measure(Metric.TTC, current([known(MilestoneKind.DETECTED, 0, 1)]), at=AT)
    assert found.state is State.RUNNING
    assert (found.low, found.high) == (minutes(299), minutes(300))
    assert measure(Metric.TTC, {}, at=AT).state is State.BLANK


def test_a_clock_asked_before_its_start_shows_zero():
    held = current([known(MilestoneKind.DETECTED, 0, 1)])
    found = measure(Metric.TTC, held, at=T0 - minutes(5))
    assert (found.low, found.high) == (timedelta(0), timedelta(0))


def test_contained_before_detected_is_zero_and_flagged():
    held = current([known(MilestoneKind.CONTAINED, 0, 1), known(MilestoneKind.DETECTED, 10, 11)])
    found = measure(Metric.TTC, held, at=AT)
    assert (found.point, found.is_pre_contained, found.counts) == (timedelta(0), True, True)


def test_any_other_reversal_is_excluded():
    held = current([known(MilestoneKind.RESTORED, 0, 1), known(MilestoneKind.DETECTED, 10, 11)])
    found = measure(Metric.TTR, held, at=AT)
    assert (found.state, found.counts) == (State.REVERSED, False)


@pytest.mark.parametrize("status", [Status.UNKNOWN, Status.NEVER, Status.NOT_APPLICABLE])
def test_an_end_that_will_not_come_is_excluded_by_its_name(status):
    held = current([known(MilestoneKind.DETECTED, 0, 1), answered(MilestoneKind.CONTAINED, status)])
    assert measure(Metric.TTC, held, at=AT).state.value == status.value


@pytest.mark.parametrize(
    ("metric", "first", "last"),
    [
        (Metric.TTA, MilestoneKind.ALERT_RAISED, MilestoneKind.ACKNOWLEDGED),
        (Metric.TTC, MilestoneKind.DETECTED, MilestoneKind.CONTAINED),
        (Metric.DWELL, MilestoneKind.INITIAL_COMPROMISE, MilestoneKind.CONTAINED),
        (Metric.TTR, MilestoneKind.DETECTED, MilestoneKind.RESTORED),
    ],
)
def test_each_metric_runs_between_its_own_milestones(metric, first, last):
    found = measure(metric, current([known(first, 0, 1), known(last, 7, 8)]), at=AT)
    assert (found.point, found.basis) == (minutes(7), first.value)


def test_detection_lag_runs_from_the_earliest_event():
    first, alert = Interval.at(T0), Interval.at(T0 + minutes(9))
    assert detection_lag(first, alert, at=AT).point == minutes(9)
    assert detection_lag(first, None, at=AT).state is State.RUNNING
    with pytest.raises(KeyError):
        measure(Metric.DETECTION_LAG, {}, at=AT)


def test_a_notice_is_measured_for_its_own_party():
    held = current(
        [
            known(MilestoneKind.DETECTED, 0, 1),
            known(MilestoneKind.NOTIFIED, 60, 61, party="authority"),
            known(MilestoneKind.RESTORED, 5, 6),
        ]
    )
    assert notify(held, party="authority", at=AT).point == minutes(60)
    assert notify(held, party="customer", at=AT).state is State.RUNNING


spans = st.tuples(st.integers(0, 5000), st.integers(1, 500))


@given(spans, spans, st.floats(0, 0.999), st.floats(0, 0.999))
def test_every_true_duration_lies_inside_the_interval(start, end, where, there):
    held = current(
        [
            known(MilestoneKind.DETECTED, start[0], sum(start)),
            known(MilestoneKind.CONTAINED, end[0], sum(end)),
        ]
    )
    found = measure(Metric.TTC, held, at=AT)
    assert isinstance(found, Duration)
    true = minutes(end[0] + end[1] * there - start[0] - start[1] * where)
    slack = timedelta(microseconds=2)
    assert found.low - slack <= max(timedelta(0), true) <= found.high + slack
    assert found.low <= found.point <= found.high
