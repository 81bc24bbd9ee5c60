"""``manage.py incident_report``: milestones and durations of one incident."""

from argparse import ArgumentParser
from typing import Any

from governance.access import require
from governance.commands import OperatorCommand
from governance.errors import BadInput, NotFound
from incidents.domain.clocks import describe
from incidents.domain.incidents import Reference
from incidents.models import Card, Incident
from incidents.permissions import Act
from incidents.queries import milestones


class Command(OperatorCommand):
    help = "Print the milestones of an incident and how long it took to detect, contain, restore."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference", help="as in INC-2026-0042")

    def act(self, **options: Any) -> dict[str, Any]:
        try:
            wanted = Reference.parse(str(options["reference"]))
        except ValueError as error:
            raise BadInput(str(error)) from error
        incident = Incident.objects.filter(year=wanted.year, number=wanted.number).first()
        if incident is None:
            raise NotFound(f"there is no {wanted}")
        require(self.by, Act.INCIDENT_READ, incident, at=self.at)
        held = milestones.of(incident)
        took = milestones.durations(held, at=self.at)
        cards = Card.objects.filter(run__incident=incident)
        steps = {"total": cards.count(), "waiting": cards.waiting().count()}
        self.say(f"{incident.severity} {incident}, {incident.phase}")
        for one in held.values():
            when = f"{one.interval.start:%Y-%m-%d %H:%M:%S} UTC" if one.interval else one.status
            self.say(f"  {one.kind.value.replace('_', ' '):<24} {when}")
        for metric, duration in took.items():
            self.say(f"  {metric.label:<24} {describe(duration)}")
        self.say(f"  {'Steps':<24} {steps['waiting']} of {steps['total']} wait")
        return {
            "reference": str(wanted),
            "severity": incident.severity,
            "phase": incident.phase,
            "milestones": {
                key: one.interval.start if one.interval else one.status.value
                for key, one in held.items()
            },
            "durations": {
                metric.value: {
                    "state": one.state.value,
                    "seconds": one.point.total_seconds() if one.counts else None,
                    "is_estimated": one.is_estimated,
                }
                for metric, one in took.items()
            },
            "steps": steps,
        }
