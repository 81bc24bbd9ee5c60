"""``manage.py owners ask``: let owners confirm what is theirs."""

from argparse import ArgumentParser
from typing import Any

from catalog.actions import confirming
from governance.commands import OperatorCommand
from governance.errors import NotFound
from governance.models import GovernedSystem


class Command(OperatorCommand):
    help = "Send each owner one notice with a link, good for 14 days, to what is theirs."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["ask"])
        parser.add_argument("--system", default="", metavar="NAME", help="its short name; else all")

    def act(self, **options: Any) -> dict[str, Any]:
        system = None
        if options["system"]:
            system = GovernedSystem.objects.filter(slug=options["system"]).first()
            if system is None:
                raise NotFound(f"There is no system {options['system']}.")
        sent = confirming.ask(system=system, by=self.by, at=self.at)
        self.say(f"{sent} asked" if sent else "Everybody was asked today already.")
        return {"asked": sent}
