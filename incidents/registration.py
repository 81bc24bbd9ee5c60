"""What incidents hand down to the ground."""

from datetime import datetime

from governance import registries
from governance.domain.actor import Actor
from governance.registries import AlarmText
from incidents.actions import alarming


def _take(alarm: AlarmText, by: Actor, at: datetime) -> None:
    alarming.take(alarm, by=by, at=at)


registries.alarms.add("incidents", _take)
