"""``manage.py migrate`` as the owner: the application's own identity may create nothing."""

from django.core.management.base import CommandParser
from django.core.management.commands import migrate
from django.db import connections, transaction

from governance.postgresql import triggers, walls

LOCK = 0x57415244  # "WARD"


class Command(migrate.Command):
    """Django's own, on the owner's connection and one at a time over all hosts.

    Afterwards every governed table is watched by the triggers of the audit log, and every
    table of partners stands behind its wall.
    """

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: object, **options: object) -> None:
        alias = str(options["database"])
        connection = connections[alias]
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            if not options.get("plan") and not options.get("check_unapplied"):
                with transaction.atomic(using=alias), connection.cursor() as cursor:
                    triggers.loosen(cursor)
            super().handle(*args, **options)
            if _is_complete(options):
                with transaction.atomic(using=alias), connection.cursor() as cursor:
                    triggers.install(cursor)
                    walls.install(cursor)
        finally:
            if connection.is_usable():
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _is_complete(options: dict[str, object]) -> bool:
    """Say whether all migrations were applied, not shown, checked, or applied in part."""
    only_told = any(options.get(name) for name in ("plan", "check_unapplied", "prune"))
    return not only_told and not options.get("app_label")
