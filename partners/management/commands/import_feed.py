"""``manage.py import_feed``: take a vulnerability feed from a file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from governance.commands import OperatorCommand
from partners.actions import feeding
from partners.management.progress import counting


class Command(OperatorCommand):
    help = "Import advisories: an OSV zip archive, folder or JSON file. All of it or nothing."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", choices=["osv"], help="kind of feed")
        parser.add_argument("path", type=Path)
        parser.add_argument(
            "--shrunken",
            action="store_true",
            help="take it although a fifth of the last file's records is gone",
        )

    def act(self, **options: Any) -> dict[str, Any]:
        path: Path = options["path"]
        with counting(path.name, is_shown=self.is_interactive) as bar:
            outcome = feeding.take(
                path,
                source=str(options["source"]),
                may_shrink=bool(options["shrunken"]),
                on_progress=bar.update,
                by=self.by,
                at=self.at,
            )
        run = outcome.run
        self.say(
            f"{run.file}: {run.records} records, {run.changed} new or changed, "
            f"{run.defects} defects; data of {run.data_date:%b %d, %Y}."
        )
        self.say(f"Findings: {outcome.opened} opened, {outcome.closed} ended.")
        for defect in run.defect_list[:5]:
            self.say(f"  {defect['place']}: {defect['reason']}")
        return {
            "source": run.source,
            "file": run.file,
            "sha256": run.sha256,
            "records": run.records,
            "changed": run.changed,
            "outdated": run.outdated,
            "defects": run.defects,
            "data_date": run.data_date,
            "components_matched_again": outcome.rematched,
            "findings_opened": outcome.opened,
            "findings_closed": outcome.closed,
        }
