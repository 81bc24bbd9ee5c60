"""``manage.py loop_report``: what stands at each station of the loop."""

from typing import Any

from config import loop
from governance.commands import OperatorCommand


class Command(OperatorCommand):
    help = "Count assets, decisions, drift, components, findings and incidents, and read measures."

    def act(self, **options: Any) -> dict[str, Any]:
        report = loop.report(at=self.at)
        for station in ("catalog", "governance", "partners"):
            self.say(station)
            for name, value in report[station].items():
                self.say(f"  {name.replace('_', ' ')}: {_words(value)}")
        self.say("incidents")
        for one in report["incidents"]:
            self.say(f"  {one['reference']} {one['severity']} {one['phase']}")
        self.say("measures")
        for one in report["measures"]:
            value = one["note"] or "no data yet"
            if one["value"] is not None:
                value = f"{one['value']:.1f} (target {one['target']:g})"
            self.say(f"  {one['title']}: {value}")
        return report


def _words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {count}" for name, count in value.items()) or "none"
    return str(value)
