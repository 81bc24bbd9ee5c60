"""The sentences of a report."""

from datetime import UTC, datetime, timedelta

from incidents.domain import report_words as say
from incidents.domain import spans
from incidents.domain.durations import State
from incidents.domain.incidents import Kind
from incidents.domain.metrics import Summary
from incidents.domain.reports import Age, Lateness

Q3 = spans.parse("2026-Q3")
HOUR = timedelta(hours=1)


def test_the_first_sentence_counts_and_says_what_is_open() -> None:
    ages = [Age("up to 1 day", {"SEV1": 1}), Age("longer", {"SEV2": 2})]
    said = say.lede(Kind.LIVE, Q3, "all sites", 12, ages, at=Q3.end)
    assert said == "12 live incidents were detected in 2026-Q3, all sites; 3 are open now."
    alone = say.lede(Kind.DRILL, Q3, "Leipzig", 1, [], at=datetime(2026, 8, 1, tzinfo=UTC))
    assert alone == "1 drill was detected in 2026-Q3 so far, Leipzig; none is open now."


def test_what_is_left_out_is_counted_with_its_reason() -> None:
    held = Summary(5, 3, {State.UNKNOWN: 2, State.BLANK: 1}, share_estimated=0.4, median=HOUR)
    assert say.basis(held) == (
        "n = 5; 2 still running, counted as such; 40% estimated; "
        "left out: 1 not answered yet, 2 unknown"
    )
    assert say.figures_line(held) == "90th percentile from 10 on"
    assert say.value(held) == "1\u00a0h"
    assert say.value(Summary(0, 0, {})) == ""


def test_a_ninetieth_percentile_reads_as_a_promise() -> None:
    held = Summary(12, 11, {}, p90=2 * HOUR, geometric_mean=HOUR, survival_median=HOUR, median=HOUR)
    assert say.figures_line(held) == (
        "9 of 10 within 2\u00a0h; geometric mean 1\u00a0h; median with open ones 1\u00a0h"
    )


def test_lateness_in_words() -> None:
    assert say.late(Lateness(2, 9)).startswith("2 of 9 were not contained")
    assert say.late(Lateness(0, 0)).startswith("No incident")
