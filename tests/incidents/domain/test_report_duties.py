"""The sentences about duties and work: a share never stands without what it is a share of."""

from incidents.domain.report_duties import (
    Actions,
    Duties,
    Late,
    Notices,
    Work,
    actions,
    lines,
    notices,
    work,
)

LATE = Late("INC-2026-0042", 7, "Early warning to CSIRT", "Nov 3, 10:00 UTC")


def test_nothing_due_is_no_share() -> None:
    found = Duties(Notices(0, 0, 0, 0, ()), Actions(0, 0, ()), Work(0, 0), 0)
    assert [words.partition(":")[0] for _, words in lines(found)] == ["No data yet"] * 3


def test_notices_tell_share_and_number() -> None:
    found = Notices(in_time=3, sent_late=1, missed=1, undated=2, overdue=(LATE,))
    assert notices(found) == (
        "3 of 5 sent in time, 60%; 1 sent late; 1 not sent; 2 open without a fixed time; "
        "1 overdue now"
    )
    assert notices(Notices(2, 0, 0, 0, ())) == "2 of 2 sent in time, 100%"
    assert notices(Notices(0, 0, 0, 1, ())) == (
        "No data yet: no notice was due in the period; 1 open without a fixed time"
    )


def test_actions_tell_how_many_of_how_many() -> None:
    assert actions(Actions(9, 4, (LATE, LATE))) == "2 of 4 open are overdue"
    assert actions(Actions(9, 4, (LATE,))) == "1 of 4 open is overdue"
    assert actions(Actions(9, 4, ())) == "None of 4 open is overdue"
    assert actions(Actions(9, 0, ())) == "None of 9 is open"


def test_work_splits_between_people_and_executors() -> None:
    assert work(Work(38, 12)) == "38 of 50 steps by people, 12 by executors (24%)"
