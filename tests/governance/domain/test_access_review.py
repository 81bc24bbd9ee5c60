"""The quarter, the clock of a campaign, and what shows that nobody looked."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from governance.domain import access_review
from governance.domain.access_review import Evidence, Quarter, reminder, seconds_taken

NOW = datetime(2026, 11, 17, 9, 45, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-Q1"),
        (datetime(2026, 3, 31, 23, 59, tzinfo=UTC), "2026-Q1"),
        (datetime(2026, 4, 1, tzinfo=UTC), "2026-Q2"),
        (datetime(2026, 12, 31, 23, tzinfo=timezone(-2 * timedelta(hours=1))), "2027-Q1"),
    ],
)
def test_a_quarter_is_of_the_year_in_utc(at: datetime, text: str) -> None:
    quarter = Quarter.of(at)
    assert str(quarter) == text
    assert Quarter.parse(text) == quarter


@pytest.mark.parametrize("text", ["", "2026", "2026-Q0", "2026-Q5", "26-Q1", "2026-Q1 ", "٢٠٢٦-Q1"])
def test_what_is_no_quarter_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="quarter"):
        Quarter.parse(text)


def test_reminders_fall_due_on_their_instant() -> None:
    before = list(access_review.REMINDED_BEFORE)
    assert [reminder(due_at=NOW, at=NOW - one - SECOND) for one in before] == [0, 1]
    assert [reminder(due_at=NOW, at=NOW - one) for one in before] == [1, 2]


def test_a_decision_is_timed_from_its_display_or_the_one_before() -> None:
    took = [
        seconds_taken(shown_at=None, before_at=None, decided_at=NOW),
        seconds_taken(shown_at=NOW - 9 * SECOND, before_at=None, decided_at=NOW),
        seconds_taken(shown_at=NOW - 9 * SECOND, before_at=NOW - 2 * SECOND, decided_at=NOW),
        seconds_taken(shown_at=NOW - 2 * SECOND, before_at=NOW - 9 * SECOND, decided_at=NOW),
        seconds_taken(shown_at=NOW + SECOND, before_at=None, decided_at=NOW),
    ]
    assert took == [0, 9, 2, 2, 0]


@pytest.mark.parametrize(
    ("decisions", "flagged"),
    [
        ([("keep", 2.9)] * 20, True),
        ([("keep", 2.9)] * 19, False),
        ([("keep", 3.0)] * 20, False),
        ([("keep", 1.0)] * 10 + [("revoke", 1.0)] + [("keep", 1.0)] * 10, False),
        ([("revoke", 1.0)] * 30, False),
        ([("keep", 60.0)] * 40 + [("keep", 1.0)] * 11, True),
        ([("keep", 60.0)] * 40 + [("keep", 1.0)] * 9, False),
    ],
)
def test_twenty_keeps_in_a_row_after_a_glance_are_no_review(
    decisions: list[tuple[str, float]], flagged: bool
) -> None:
    assert access_review.is_rubber_stamp(decisions) is flagged


@pytest.mark.parametrize("slow", [0, 1])
def test_ten_glances_among_twenty_are_not_yet_a_rubber_stamp(slow: int) -> None:
    seconds = [9.0 if (slow + place) % 2 else 0.1 for place in range(60)]
    assert not access_review.is_rubber_stamp([("keep", one) for one in seconds])


def test_evidence_against_is_told_in_words() -> None:
    fine = Evidence(True, 0, NOW - DAY, True, NOW - 200 * DAY)
    assert access_review.doubts(fine, at=NOW) == ()
    old = NOW - 91 * DAY
    assert access_review.doubts(Evidence(False, 1, old, True, None), at=NOW) == (
        "nobody approved it",
        "drift is open on it",
        "not used for 90 days",
    )
    assert access_review.doubts(Evidence(True, 0, None, True, old), at=NOW)
    assert not access_review.doubts(Evidence(True, 0, None, False, old), at=NOW)
    assert not access_review.doubts(Evidence(True, 0, None, True, NOW), at=NOW)


def test_a_share_of_nothing_is_none() -> None:
    assert (access_review.share(1, 4), access_review.share(0, 0)) == (25, None)
