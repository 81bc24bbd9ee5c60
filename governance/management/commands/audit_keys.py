"""``manage.py audit_keys``: the signing keys of the audit log."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from governance.tlog import keys
from governance.tlog.notes import NoteError


class Command(BaseCommand):
    """Needs no database: it changes the key file, and the sequencer takes it up by itself."""

    help = (
        "List, add or end signing keys of the audit log. To rotate: add, hand the new verifier"
        " key to witnesses and auditors, wait until they have it, then end the oldest."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["list", "add", "end"], nargs="?", default="list")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        path = settings.AUDIT_KEY_FILE
        try:
            if verb == "add":
                self.stdout.write(f"added {keys.add(path, name=settings.AUDIT_ORIGIN)}")
            elif verb == "end":
                self.stdout.write(f"ended {keys.end_oldest(path)}")
            else:
                self.stdout.write("\n".join(keys.load(path).vkeys))
        except (NoteError, ValueError) as error:
            raise CommandError(f"{path}: {error}") from error
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
