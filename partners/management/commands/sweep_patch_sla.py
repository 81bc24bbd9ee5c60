"""``manage.py sweep_patch_sla``: mark findings that fell overdue."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from typing import Any

from governance.commands import OperatorCommand
from partners.actions import sweeping


def instant(text: str) -> datetime:
    """Return the instant that ``text`` names.

    Raises:
        ArgumentTypeError: no date and time of RFC 3339, or without its zone.
    """
    said = f"{text[:40]!r} is no instant like 2026-11-27T12:00:00Z"
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(said) from error
    if found.tzinfo is None:
        raise ArgumentTypeError(said)
    return found


class Command(OperatorCommand):
    help = "Mark findings overdue, dated at their due instant. Running it again changes nothing."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--at",
            type=instant,
            help="the instant to judge at, as RFC 3339; one in the future marks what will be "
            "overdue by then, which nothing takes back: for rehearsals",
        )

    def act(self, **options: Any) -> dict[str, Any]:
        at = options["at"] or self.at
        swept = sweeping.sweep(by=self.by, at=at)
        self.say(f"{swept.overdue} findings newly overdue, {swept.ran_out} waivers ran out.")
        for one in swept.transitions[:10]:
            self.say(f"  {one.at:%Y-%m-%d %H:%M:%S} {one.kind} {one.finding}")
        return {
            "overdue": swept.overdue,
            "waivers_ended": swept.ran_out,
            "at": at,
            "transitions": [
                {"finding": one.finding, "kind": one.kind, "at": one.at}
                for one in swept.transitions
            ],
        }
