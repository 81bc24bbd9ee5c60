"""Signals for tests."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from governance import boundary
from governance.domain import actor as actors
from governance.domain.actor import Actor
from incidents.actions import sensing
from incidents.actions.sensing import Taken
from incidents.signals.shipped import MAPPERS
from tests.builders.incidents import NOW

_number = count(1)


def a_signal(**over: Any) -> dict[str, Any]:
    """Return an event in our own slim form, five minutes old."""
    return {
        "id": f"event-{next(_number)}",
        "observed_at": (NOW - timedelta(minutes=5)).isoformat(),
        "title": "Credential dumping",
        "rule": "lsass-access",
        "severity": "high",
        "asset": "ws-5",
        **over,
    }


def sent(
    *events: Any,
    source: str = "edr",
    mapper: str = "slim",
    at: datetime = NOW,
    by: Actor | None = None,
) -> Taken:
    """Take in ``events`` as the key ``source`` would send them."""
    by = by or actors.service("sensor")
    with boundary.acting(by, at=at):
        return sensing.take(
            events, source=source, mapper=MAPPERS[mapper], mapper_name=f"{mapper}/1", by=by, at=at
        )
