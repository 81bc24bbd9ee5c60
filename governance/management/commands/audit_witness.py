"""``manage.py audit_witness``: cosigns the heads of logs, here or on the machine of a partner."""

from argparse import ArgumentParser, Namespace
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from governance.tlog.witness import serving
from governance.tlog.witness.keeping import Unusable


class Command(BaseCommand):
    """Has a store and a key of its own and never opens the database that it watches."""

    help = (
        "Cosign the heads of logs as a witness, each only if it continues the one before."
        " Prints its verifier key; runs until SIGTERM or Ctrl-C."
    )
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        serving.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            serving.serve(Namespace(**options))
        except Unusable as error:
            raise CommandError(str(error)) from error
