"""``manage.py import_feed``: take a vulnerability feed from a file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from governance.commands import OperatorCommand
from partners.actions import attacks, feeding
from partners.management.progress import counting


class Command(OperatorCommand):
    help = (
        "Import a feed from a file, all of it or nothing: osv (advisories: zip, folder, JSON), "
        "kev (CISA, JSON), epss (FIRST, CSV or gzip), vulnrichment (CISA, CVE JSON: zip, folder)."
    )

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", choices=["osv", *attacks.SOURCES], help="kind of feed")
        parser.add_argument("path", type=Path)
        parser.add_argument(
            "--shrunken",
            action="store_true",
            help="take it although a fifth of the last file's records is gone",
        )

    def act(self, **options: Any) -> dict[str, Any]:
        path: Path = options["path"]
        with counting(path.name, is_shown=self.is_interactive) as bar:
            source = str(options["source"])
            take = attacks.take if source in attacks.SOURCES else feeding.take
            outcome = take(
                path,
                source=source,
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
