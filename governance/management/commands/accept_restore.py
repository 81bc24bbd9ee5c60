"""``manage.py accept_restore``: state in the log that it was restored, and the gap."""

from argparse import ArgumentParser
from typing import Any

from governance.actions import accepting
from governance.commands import OperatorCommand


class Command(OperatorCommand):
    help = (
        "After a real restore, before anything else writes: record in the log that it was"
        " restored, from which entry on, how many entries are missing, and why that is accepted."
    )

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--missing", type=int, required=True, help="entries, 0 or more")
        parser.add_argument("--reason", required=True)

    def act(self, **options: Any) -> dict[str, Any]:
        gap = accepting.accept(
            missing_entries=options["missing"], reason=options["reason"], by=self.by, at=self.at
        )
        self.say(
            f"Recorded: restored with {gap['log_size']} entries,"
            f" {gap['missing_entries']} after them are missing."
        )
        return gap
