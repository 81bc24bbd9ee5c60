"""The environment of a question: what holds at its instant and in its session.

``at`` (seconds since 1970), ``hour`` (0 to 23) and ``weekday`` (Monday is 0) are of UTC and
always ours; ``mfa`` and ``purpose`` are what the session, or whoever asks, vouches for.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

Environment = Mapping[str, object]

KINDS: Mapping[str, str] = {
    "mfa": "bool",
    "purpose": "str",
    "at": "int",
    "hour": "int",
    "weekday": "int",
}
"""What conditions may read of the circumstances, and its types."""
VOUCHED: Mapping[str, object] = {"mfa": False, "purpose": ""}
"""What holds where nobody vouches for more."""
CLOCK = frozenset({"at", "hour", "weekday"})
"""Read off the instant of the question; nobody else can set them."""


@lru_cache(maxsize=64)
def at_instant(at: datetime, *, mfa: bool = False, purpose: str = "") -> dict[str, object]:
    """Return the environment at ``at``; one object for all questions of a request.

    It is shared: whoever wants another builds another (:func:`claimed`).
    """
    utc = at.astimezone(UTC)
    return {
        "mfa": mfa,
        "purpose": purpose,
        "at": int(at.timestamp()),
        "hour": utc.hour,
        "weekday": utc.weekday(),
    }


def claimed(at: datetime, claims: Environment) -> dict[str, object]:
    """Return the environment at ``at`` with what a caller vouches for; the clock stays ours."""
    here = at_instant(at)
    if not claims:
        return here
    return {**here, **{name: value for name, value in claims.items() if name not in CLOCK}}


def unusual(environment: Environment) -> dict[str, object]:
    """Return what the instant alone does not tell, for the log."""
    return {
        name: value
        for name, value in environment.items()
        if name not in CLOCK and not (name in VOUCHED and _is_same(value, VOUCHED[name]))
    }


def _is_same(value: object, usual: object) -> bool:
    return type(value) is type(usual) and value == usual
