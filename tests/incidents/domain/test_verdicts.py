import math
import random

import pytest

from incidents.domain.comparisons import Ratio
from incidents.domain.metrics import Bounds, Observation
from incidents.domain.verdicts import Finding, classify, percent, verdict

BOUNDS = Bounds(60, 90 * 86_400)
SPREAD = (0.5, 0.8, 1.0, 1.0, 1.25, 2.0)


def window(scale, *, copies=2, width=0.0):
    """Durations around ``scale`` hours, each known only to a share ``width`` of itself."""
    seconds = [one * scale * 3600 for one in SPREAD] * copies
    return [Observation(one * (1 - width), one * (1 + width)) for one in seconds]


def a_ratio(value, low, high):
    return Ratio(value, low, high, BOUNDS.top, 1.0, 20.0)


@pytest.mark.parametrize(
    ("ratio", "finding"),
    [
        (a_ratio(1.5, 1.001, 2.0), Finding.WORSE),
        (a_ratio(1.5, 1.0, 2.0), Finding.NO_CHANGE),
        (a_ratio(0.3, 0.2, 0.5), Finding.TARGET_SHOWN),
        (a_ratio(0.4, 0.2, 0.501), Finding.BETTER_TARGET_ON_ESTIMATE),
        (a_ratio(0.5, 0.3, 0.999), Finding.BETTER_TARGET_ON_ESTIMATE),
        (a_ratio(0.51, 0.3, 0.999), Finding.BETTER),
        (a_ratio(0.4, 0.1, 1.0), Finding.NO_CHANGE),
    ],
)
def test_the_first_line_of_the_table_that_holds_wins(ratio, finding):
    assert classify(ratio, 0.5) is finding


@pytest.mark.parametrize(
    ("scale", "words"),
    [
        (3.0, "Worse"),
        (1.0, "No evidence of change"),
        (0.7, "Better; target not shown"),
        (0.45, "Better; target met on best estimate, interval −66 to −42%"),
        (0.1, "Target shown"),
    ],
)
def test_the_words_are_those_of_the_table(scale, words):
    before = window(1, copies=3 if scale == 0.7 else 1 if scale == 0.45 else 2)
    now = window(scale, copies=3 if scale == 0.7 else 1 if scale == 0.45 else 2)
    found = verdict(before, now, bounds=BOUNDS, target=0.5)
    head = words.split(", interval")[0]
    assert found.words.startswith(head)
    if "interval" in words:
        low, high = percent(found.ratio.low).removesuffix("%"), percent(found.ratio.high)
        assert found.words == f"{head}, interval {low} to {high}"


def test_fewer_than_five_events_say_what_is_there_and_what_is_needed():
    found = verdict(window(1, copies=3)[:14], window(1)[:4], bounds=BOUNDS, target=0.6)
    assert found.finding is Finding.NOT_ENOUGH_DATA
    assert found.words.startswith("Not enough data (have 14/4, need ")
    none = verdict([], [], bounds=BOUNDS, target=0.6)
    assert none.words == "Not enough data (have 0/0, need 48)"
    assert verdict([], [], bounds=BOUNDS, target=0.5).words.endswith("need 26)")


def test_open_incidents_are_no_events():
    still = [Observation(3600, 3600, is_finished=False)] * 20
    found = verdict(window(1), [*window(1)[:4], *still], bounds=BOUNDS, target=0.6)
    assert "have 12/4" in found.words


def test_a_lucky_estimate_is_told_as_luck():
    wild = [1, 60, 3600, 86_400, 864_000]
    before = [Observation(one * 60.0, one * 60.0) for one in wild]
    now = [Observation(one * 20.0, one * 20.0) for one in wild]
    found = verdict(before, now, bounds=Bounds(1, 1e9), target=0.5)
    assert found.words == "No evidence of change"
    assert "within what luck gives" in found.reason


def test_coarse_times_weaken_the_verdict_and_say_so():
    sharp = verdict(window(1), window(0.55), bounds=BOUNDS, target=0.5)
    coarse = verdict(window(1, width=0.4), window(0.55, width=0.4), bounds=BOUNDS, target=0.5)
    assert sharp.finding is Finding.BETTER
    assert coarse.finding is Finding.NO_CHANGE
    assert coarse.rests_on_estimates
    assert "rests on estimates" in coarse.reason
    assert not sharp.rests_on_estimates


def test_coarse_times_alone_never_make_it_worse():
    found = verdict(window(1, width=0.9), window(1, width=0.9), bounds=BOUNDS, target=0.5)
    assert found.finding is Finding.NO_CHANGE


def test_between_the_fixed_dates_the_verdict_is_withheld():
    found = verdict(window(1), window(0.1), bounds=BOUNDS, target=0.5, is_judged=False)
    assert found.words == "Provisional"
    assert found.is_provisional
    assert found.reason.startswith("interval −")


def test_a_shortened_follow_up_is_said():
    now = [*window(0.5), Observation(20 * 3600, 20 * 3600, is_finished=False)]
    found = verdict(window(1), now, bounds=BOUNDS, target=0.5)
    assert "followed up to 0.8 d only" in found.reason


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(0.54, "−46%"), (1.2, "+20%"), (1.001, "0%"), (0.999, "0%"), (0.005, "−100%")],
)
def test_a_ratio_is_written_as_a_change(ratio, text):
    assert percent(ratio) == text


@pytest.mark.parametrize("target", [0, 1, 1.5])
def test_a_target_is_a_ratio_below_one(target):
    with pytest.raises(ValueError, match="target ratio"):
        verdict([], [], bounds=BOUNDS, target=target)


def test_half_the_time_is_seen_and_no_change_is_not():
    """Log-sd 1.0, 30 per window, 400 runs: power at least 80 %, false targets rare."""
    source = random.Random(42)

    def sample(mean):
        seconds = [math.exp(source.gauss(mean, 1.0)) for _ in range(30)]
        return [Observation(one, one) for one in seconds]

    better = shown = 0
    for _ in range(400):
        found = verdict(sample(9), sample(9 + math.log(0.5)), bounds=BOUNDS, target=0.5)
        better += found.finding > Finding.NO_CHANGE
        found = verdict(sample(9), sample(9), bounds=BOUNDS, target=0.5)
        shown += found.finding is Finding.TARGET_SHOWN
    assert better / 400 >= 0.8
    assert shown / 400 <= 0.01
