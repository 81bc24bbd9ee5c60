"""How a grant stands follows from its instants, each of which begins the state it names."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from governance.domain.grants import LONGEST, LONGEST_SENSITIVE, Standing, Term, longest, standing

FROM = datetime(2026, 11, 17, 9, 45, tzinfo=UTC)
TO = FROM + timedelta(days=30)
SECOND = timedelta(seconds=1)
TERM = Term(FROM, TO)
MIDDLE = FROM + timedelta(days=10)


@pytest.mark.parametrize(
    ("term", "at", "expected"),
    [
        (TERM, FROM - SECOND, Standing.SCHEDULED),
        (TERM, FROM, Standing.ACTIVE),
        (TERM, TO - SECOND, Standing.ACTIVE),
        (TERM, TO, Standing.EXPIRED),
        (replace(TERM, suspended_at=MIDDLE), MIDDLE - SECOND, Standing.ACTIVE),
        (replace(TERM, suspended_at=MIDDLE), MIDDLE, Standing.SUSPENDED),
        (replace(TERM, suspended_at=MIDDLE), TO, Standing.EXPIRED),
        (replace(TERM, revoked_at=MIDDLE), MIDDLE, Standing.REVOKED),
        (replace(TERM, revoked_at=MIDDLE), TO, Standing.REVOKED),
        (replace(TERM, revoked_at=MIDDLE), MIDDLE - SECOND, Standing.ACTIVE),
        (replace(TERM, revoked_at=MIDDLE, suspended_at=FROM), MIDDLE, Standing.REVOKED),
        (replace(TERM, suspended_at=FROM - SECOND), FROM - SECOND, Standing.SUSPENDED),
    ],
)
def test_a_grant_stands(term: Term, at: datetime, expected: Standing) -> None:
    assert standing(term, at=at) is expected


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("", LONGEST),
        ("public", LONGEST),
        ("internal", LONGEST),
        ("confidential", LONGEST_SENSITIVE),
        ("restricted", LONGEST_SENSITIVE),
    ],
)
def test_the_class_bounds_the_term(level: str, expected: timedelta) -> None:
    assert longest(level) == expected
