"""``manage.py backup``: dump the database, with a manifest beside it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings

from governance.actions import backing_up
from governance.commands import OperatorCommand


class Command(OperatorCommand):
    help = (
        "Dump the database as the owner to a new file, with a manifest of what is in it. It counts"
        " as a backup only once `validate_backup` has restored it."
    )

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, help="folder (default: BACKUP_DIR)")
        parser.add_argument(
            "--keep", type=int, default=0, help="how many of the newest stay in it (default: all)"
        )

    def act(self, **options: Any) -> dict[str, Any]:
        folder = options["to"] or settings.BACKUP_DIR
        row = backing_up.make(folder.absolute(), by=self.by, at=self.at, keep=options["keep"])
        self.say(
            f"{row.file}: {row.details['bytes']} bytes, {row.details['rows']} rows, a log of"
            f" {row.details['log_size']} entries, in {row.details['seconds']:.1f} s."
        )
        for name in row.details["removed"]:
            self.say(f"  removed {name}")
        return {"file": row.file, "sha256": row.sha256, "attestation": row.pk, **row.details}
