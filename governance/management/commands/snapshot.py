"""``manage.py snapshot``: take in who has what in a system, from a file."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.utils.dateparse import parse_datetime

from governance.actions import importing_snapshots
from governance.commands import OperatorCommand
from governance.errors import BadInput, NotFound
from governance.models import GovernedSystem


class Command(OperatorCommand):
    help = "Import a snapshot of a system's grants from a CSV or JSON file, and compare it."

    def arguments(self, parser: ArgumentParser) -> None:
        parsers = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        one = parsers.add_parser("import", help=self.help, description=self.help)
        one.add_argument("--json", action="store_true", help="print one JSON object")
        one.add_argument("--system", required=True, help="its short name (slug)")
        one.add_argument("--taken-at", help="when it was taken, 2026-11-17T09:45Z; now if omitted")
        one.add_argument("--incomplete", action="store_true", help="not all grants are in it")
        one.add_argument("file", help=".csv, .json, or .jsonl with one object a line")

    def act(self, **options: Any) -> dict[str, Any]:
        slug = str(options["system"])
        system = GovernedSystem.objects.filter(slug=slug).first()
        if system is None:
            known = ", ".join(GovernedSystem.objects.values_list("slug", flat=True)[:20]) or "none"
            raise NotFound(f"no system {slug!r}; known are: {known}")
        path = Path(str(options["file"]))
        with path.open("rb") as file:
            found = importing_snapshots.take(
                system,
                file,
                name=path.name,
                by=self.by,
                at=self.at,
                taken_at=_instant(options["taken_at"]),
                is_complete=not options["incomplete"],
            )
        outcome = found.outcome
        self.say(
            f"{system}: {found.rows:,} rows, {found.duplicates:,} twice; {outcome.opened:,}"
            f" findings opened, {outcome.closed:,} closed ({outcome.snapshot.get_state_display()})"
        )
        return {
            "system": slug,
            "snapshot": outcome.snapshot.pk,
            "state": outcome.snapshot.state,
            "sha256": outcome.snapshot.source_hash,
            "rows": found.rows,
            "duplicates": found.duplicates,
            "unchanged": found.is_unchanged,
            "opened": outcome.opened,
            "closed": outcome.closed,
            "by_kind": outcome.open_by_kind,
        }


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise BadInput(f"no time: {text[:40]!r}, write 2026-11-17T09:45Z")
    return found if found.tzinfo else found.replace(tzinfo=UTC)
