"""The figure worked out slowly from what befell each request, with nothing of the product."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from tests.governance.simulation.world import Happening

FOUR_HOURS = timedelta(hours=4)


def verdict(one: Happening, *, since: datetime, at: datetime) -> str:
    """Return ``met`` or ``missed``; empty where the request does not count."""
    deadline = one.submitted + FOUR_HOURS
    if not since <= deadline < at:
        return ""
    for when, what in one.events:
        if when > at:
            break
        if what == "canceled" and when <= deadline:
            return ""
        if what in ("granted", "denied") and when <= deadline:
            return "met"
    return "missed"


def tally(
    happenings: Iterable[Happening],
    key: Callable[[Happening], object],
    *,
    since: datetime,
    at: datetime,
) -> dict[object, Counter[str]]:
    """Return how many were met and missed, by what ``key`` says of each."""
    found: dict[object, Counter[str]] = {}
    for one in happenings:
        if word := verdict(one, since=since, at=at):
            found.setdefault(key(one), Counter())[word] += 1
    return found
