"""``manage.py audit_erase``: blank the bodies of audit events on a legal ground."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from governance import context
from governance.actions import erasing
from governance.commands import OperatorCommand
from governance.models import User


class Command(OperatorCommand):
    """Acts as the operator; a person who shares the decision is named by mail address."""

    help = (
        "Erase what audit events say of a person: body and salt go, the tree stays valid, and"
        " the erasure is an entry itself. Copies stay in WAL and backups until they expire."
    )

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("events", nargs="+", type=int, metavar="EVENT")
        parser.add_argument(
            "--ground", required=True, help="legal ground, as in GDPR art. 17(1)(b)"
        )
        parser.add_argument(
            "--second", help="mail address of whoever decides too (over 100 events)"
        )

    def act(self, **options: Any) -> dict[str, Any]:
        second = None
        if options["second"]:
            found = User.objects.filter(email__iexact=options["second"], is_active=True).first()
            if found is None:
                raise CommandError(f"nobody active goes by {options['second']}")
            second = found.as_actor()
        now = context.current()
        done = erasing.erase(
            options["events"],
            ground=options["ground"],
            by=self.by,
            at=self.at,
            request_id=now.request_id if now else "none",
            second=second,
        )
        self.say(f"{done} of {len(options['events'])} bodies erased")
        return {"asked": len(options["events"]), "erased": done}
