"""``manage.py migrate`` as the owner: the application's own identity may create nothing."""

from django.core.management.base import CommandParser
from django.core.management.commands import migrate
from django.db import connections

LOCK = 0x57415244  # "WARD"


class Command(migrate.Command):
    """Django's own, on the owner's connection and one at a time over all hosts."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: object, **options: object) -> None:
        connection = connections[str(options["database"])]
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            super().handle(*args, **options)
        finally:
            if connection.is_usable():
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
