"""``manage.py sweep_patch_sla``: mark findings that fell overdue."""

from typing import Any

from governance.commands import OperatorCommand
from partners.actions import sweeping


class Command(OperatorCommand):
    help = "Mark findings overdue, dated at their due instant. Running it again changes nothing."

    def act(self, **options: Any) -> dict[str, Any]:
        count = sweeping.sweep(by=self.by, at=self.at)
        self.say(f"{count} findings newly overdue.")
        return {"overdue": count, "at": self.at}
