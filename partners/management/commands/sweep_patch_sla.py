"""``manage.py sweep_patch_sla``: mark findings that fell overdue."""

from typing import Any

from governance.commands import OperatorCommand
from partners.actions import sweeping


class Command(OperatorCommand):
    help = "Mark findings overdue, dated at their due instant. Running it again changes nothing."

    def act(self, **options: Any) -> dict[str, Any]:
        swept = sweeping.sweep(by=self.by, at=self.at)
        self.say(f"{swept.overdue} findings newly overdue, {swept.ran_out} waivers ran out.")
        for one in swept.transitions[:10]:
            self.say(f"  {one.at:%Y-%m-%d %H:%M:%S} {one.kind} {one.finding}")
        return {
            "overdue": swept.overdue,
            "waivers_ended": swept.ran_out,
            "at": self.at,
            "transitions": [
                {"finding": one.finding, "kind": one.kind, "at": one.at}
                for one in swept.transitions
            ],
        }
