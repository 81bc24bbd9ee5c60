"""``manage.py recompute_patch_sla``: give open findings the dates of the terms in force."""

from argparse import ArgumentParser
from typing import Any

from governance.commands import OperatorCommand
from partners.actions import policies


class Command(OperatorCommand):
    help = "Give open findings the dates of the terms in force. What is overdue stays so."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reason", required=True, help="why dates move; it is recorded")

    def act(self, **options: Any) -> dict[str, Any]:
        moved = policies.recompute(reason=str(options["reason"]), by=self.by, at=self.at)
        self.say(f"{moved} findings have a new date.")
        return {"moved": moved, "at": self.at}
