"""``manage.py audit_export``: the whole audit log in a directory, for an auditor to verify."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from tqdm import tqdm

from governance.actions import exporting
from governance.commands import OperatorCommand


class Command(OperatorCommand):
    help = (
        "Write the whole audit log into an empty directory: entries, bodies, hashes, signed"
        " heads. verify_audit.py checks it without us. The export is recorded in the log."
    )

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, metavar="DIR", help="made, or empty")
        parser.add_argument(
            "--witnessed",
            action="store_true",
            help="end at the newest head that enough witnesses signed, not at the newest of all",
        )

    def act(self, **options: Any) -> dict[str, Any]:
        with tqdm(
            desc="export", unit=" entries", disable=not self.is_interactive, leave=False
        ) as bar:

            def progress(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            copy = exporting.copy_log(
                options["directory"],
                is_witnessed=options["witnessed"],
                by=self.by,
                at=self.at,
                progress=progress,
            )
        self.say(f"{copy.size:,} entries in {options['directory']}")
        self.say(f"root {copy.root.hex()}")
        if copy.root != copy.signed:
            self.say(f"The head signs another root, {copy.signed.hex()}: verify this export.")
        return {
            "directory": str(options["directory"]),
            "size": copy.size,
            "root": copy.root.hex(),
            "is_as_signed": copy.root == copy.signed,
        }
