"""``manage.py migrate`` as the owner: the application's own identity may create nothing."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

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
            with _without_collecting():
                super().handle(*args, **options)
            if _is_complete(options):
                with transaction.atomic(using=alias), connection.cursor() as cursor:
                    triggers.install(cursor)
                    walls.install(cursor)
        finally:
            if connection.is_usable():
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Leave the classes of models in memory until the end: looking for dead ones takes a third.

    They are some thousands on an empty database, about 150 MB.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _is_complete(options: dict[str, object]) -> bool:
    """Say whether all migrations were applied, not shown, checked, or applied in part."""
    only_told = any(options.get(name) for name in ("plan", "check_unapplied", "prune"))
    return not only_told and not options.get("app_label")
