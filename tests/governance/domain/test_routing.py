"""Whose turn it is, at the very instants at which it changes."""

from datetime import UTC, datetime, timedelta

import pytest

from governance.domain.routing import Step, route, step

ASKED = datetime(2026, 11, 17, 22, 0, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def test_owner_first_deputy_after_one_hour_all_after_two() -> None:
    found = route(owner="ana", deputy="ben", owner_can=True, submitted_at=ASKED)
    assert found.is_turn_of("ana", at=ASKED)
    assert not found.is_turn_of("ben", at=ASKED + HOUR - SECOND)
    assert found.is_turn_of("ben", at=ASKED + HOUR)
    assert not found.is_turn_of("cy", at=ASKED + 2 * HOUR - SECOND)
    assert found.is_turn_of("cy", at=ASKED + 2 * HOUR)


def test_while_the_owner_is_away_the_deputy_decides_at_once_and_the_owner_still_may() -> None:
    found = route(owner="ana", deputy="ben", owner_can=False, submitted_at=ASKED)
    assert found.is_turn_of("ben", at=ASKED)
    assert found.is_turn_of("ana", at=ASKED)
    assert not found.is_turn_of("cy", at=ASKED)
    assert found.is_turn_of("cy", at=ASKED + HOUR)


@pytest.mark.parametrize(("owner", "owner_can"), [(None, True), ("ana", False)])
def test_without_anybody_named_all_may_at_once(owner: str | None, owner_can: bool) -> None:
    found = route(owner=owner, deputy=None, owner_can=owner_can, submitted_at=ASKED)
    assert found.is_turn_of("cy", at=ASKED)


def test_nobody_is_the_owner_of_what_has_none() -> None:
    found = route(owner=None, deputy="ben", owner_can=True, submitted_at=ASKED)
    assert not found.is_turn_of(None, at=ASKED)
    assert found.is_turn_of("ben", at=ASKED)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (HOUR - SECOND, Step.OWNER),
        (HOUR, Step.DEPUTY),
        (2 * HOUR, Step.ALL),
        (3 * HOUR - SECOND, Step.ALL),
        (3 * HOUR, Step.LAST_CALL),
        (9 * HOUR, Step.LAST_CALL),
    ],
)
def test_a_step_begins_with_its_instant(after: timedelta, expected: Step) -> None:
    found = route(owner="ana", deputy="ben", owner_can=True, submitted_at=ASKED)
    assert step(found, submitted_at=ASKED, at=ASKED + after) is expected


def test_without_a_deputy_the_first_step_is_everybody() -> None:
    found = route(owner="ana", deputy=None, owner_can=True, submitted_at=ASKED)
    assert step(found, submitted_at=ASKED, at=ASKED + HOUR) is Step.OWNER
    assert step(found, submitted_at=ASKED, at=ASKED + 2 * HOUR) is Step.ALL
