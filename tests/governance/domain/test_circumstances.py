"""The environment of a question, and what the log keeps of it."""

from datetime import UTC, datetime, timedelta, timezone

from governance.domain import circumstances
from governance.domain.decisions import Question
from governance.domain.inputs import again, recorded

MONDAY = datetime(2026, 11, 23, 1, 30, tzinfo=timezone(timedelta(hours=3)))


def test_the_clock_is_read_in_utc() -> None:
    found = circumstances.at_instant(MONDAY)
    assert found == {"mfa": False, "purpose": "", "at": 1795386600, "hour": 22, "weekday": 6}
    assert datetime.fromtimestamp(1795386600, UTC) == MONDAY
    assert circumstances.at_instant(MONDAY) is found, "one for all questions of a request"


def test_nobody_else_sets_the_clock() -> None:
    said = {"hour": 9, "weekday": 0, "at": 1, "mfa": True, "network": "plant"}
    found = circumstances.claimed(MONDAY, said)
    assert (found["hour"], found["weekday"], found["at"]) == (22, 6, 1795386600)
    assert (found["mfa"], found["network"]) == (True, "plant")
    assert circumstances.at_instant(MONDAY)["mfa"] is False


def test_the_log_keeps_what_the_instant_does_not_tell_and_gives_all_back() -> None:
    def asked(**said: object) -> Question:
        environment = circumstances.claimed(MONDAY, said)
        return Question("user:1", "open", "door", "door:1", "*", {}, {}, environment)

    assert recorded(asked()) == {}
    for said in ({"mfa": True, "purpose": "quality"}, {"mfa": 0}, {"network": "plant"}):
        inputs = recorded(asked(**said))
        assert inputs == {"e": said}
        back = again(
            at=MONDAY,
            subject="user:1",
            act="open",
            resource="door:1",
            domain="*",
            inputs=inputs,
        )
        assert back.environment == asked(**said).environment
