"""Baselines: one canonical form, frozen before what is judged."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.domain import baselines
from incidents.domain.metrics import Observation

START, END = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)

observations = st.builds(
    lambda low, more, *flags: Observation(low / 2, (low + more) / 2, *flags),
    st.integers(0, 10**8),
    st.integers(0, 10**6),
    st.booleans(),
    st.sampled_from(("SEV1", "SEV4")),
    st.booleans(),
)
rows = st.lists(observations, max_size=8).map(
    lambda held: [(f"INC-2026-{place:04d}", one) for place, one in enumerate(held, 1)]
)


@given(rows, st.randoms(use_true_random=False))
def test_what_is_written_is_read_whatever_its_order(held, source):
    mixed = list(held)
    source.shuffle(mixed)
    assert baselines.write(mixed) == baselines.write(held)
    assert baselines.read(baselines.write(held)) == tuple(one for _, one in held)


def test_the_form_is_pinned():
    text = baselines.write([("INC-2026-0001", Observation(59, 61.5, False, "SEV2"))])
    assert text == (
        "reference,severity,low_seconds,high_seconds,finished,estimated\n"
        "INC-2026-0001,SEV2,59,61.5,0,0\n"
    )
    assert baselines.digest(text) == baselines.digest(text)
    assert baselines.digest(text) != baselines.digest(text.replace("59", "58"))


def test_weights_are_the_shares_of_the_severities():
    held = [("a", Observation(1, 1, True, one)) for one in ("SEV1", "SEV3", "SEV3", "SEV3")]
    assert baselines.weights(held) == {"SEV1": 0.25, "SEV3": 0.75}


SOUND = {"start": START, "end": END, "target": 0.5, "judge_on": [date(2026, 9, 30)], "at": END}


def test_a_sound_one_passes():
    baselines.check(**SOUND)


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"at": END - timedelta(seconds=1)}, "ends before it is frozen"),
        ({"end": START}, "ends before it is frozen"),
        ({"target": 1}, "between 0 and 1"),
        ({"judge_on": []}, "at least one day"),
        ({"judge_on": [date(2026, 9, 30)] * 2}, "named once"),
        ({"judge_on": [date(2026, 9, 28)]}, "before the baseline is frozen"),
        ({"at": END + timedelta(days=2)}, "before the baseline is frozen"),
    ],
)
def test_what_would_move_the_goal_is_refused(over, words):
    with pytest.raises(ValueError, match=words):
        baselines.check(**{**SOUND, **over})
