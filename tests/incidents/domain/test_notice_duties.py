"""Late is late, in words."""

from datetime import UTC, datetime, timedelta

import pytest

from incidents.domain.notice_duties import NoticeState, standing, warnings_due

DUE = datetime(2026, 11, 20, 9, 45, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("state", "sent", "at", "said"),
    [
        ("sent", DUE, DUE, ("sent in time, 0\N{NO-BREAK SPACE}s before it was due", "ok")),
        ("sent", DUE + SECOND, DUE, ("sent 1\N{NO-BREAK SPACE}s late", "bad")),
        ("owed", None, DUE, ("due in 0\N{NO-BREAK SPACE}s", "warn")),
        ("owed", None, DUE + SECOND, ("1\N{NO-BREAK SPACE}s overdue", "bad")),
        ("drafted", None, DUE - timedelta(hours=13), ("due in 13\N{NO-BREAK SPACE}h", "")),
        ("ruled_out", None, DUE + SECOND, ("ruled out", "")),
    ],
)
def test_the_due_instant_belongs_to_the_allowed_time(
    state: str, sent: datetime | None, at: datetime, said: tuple[str, str]
) -> None:
    assert standing(NoticeState(state), DUE, sent, at=at) == said


def test_what_has_no_end_is_due_without_delay() -> None:
    assert standing(NoticeState.OWED, None, None, at=DUE)[0] == "due without undue delay"
    assert standing(NoticeState.SENT, None, DUE, at=DUE) == ("sent", "ok")


@pytest.mark.parametrize(
    ("ahead", "said"),
    [(13, ""), (12, "12h"), (3, "12h"), (2, "2h"), (0, "2h"), (-0.1, "overdue")],
)
def test_warnings_come_twice_before_and_once_after(ahead: float, said: str) -> None:
    assert warnings_due(DUE, at=DUE - timedelta(hours=ahead)) == said
    assert warnings_due(None, at=DUE) == ""
