"""``manage.py lineage check|import FILE``: OpenLineage events, judged or taken in."""

from argparse import ArgumentParser
from collections import Counter
from dataclasses import replace
from typing import Any

from catalog.actions import reporting
from catalog.documents.faults import MAX_LISTED, Bounds, Fault
from catalog.management.documents import WRONG, CheckingCommand, site_called, told
from catalog.openlineage.events import EventReading, Outcome, read
from catalog.openlineage.register import Register
from catalog.openlineage.rows import to_rows

MAX_BYTES = 256 * 2**20


class Command(CheckingCommand):
    help = (
        "Check or take in OpenLineage 2-0-2 events. Exit code 0: all can be taken, some perhaps"
        " with warnings; 1: some cannot; 2: wrong usage, or the file cannot be read."
    )

    def arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        check = self.verb(verbs, "check", "Judge events and count what they say together.")
        take = self.verb(verbs, "import", "Take events in: assets and lineage follow.")
        for verb in (check, take):
            verb.add_argument(
                "file", help="one event, an array, or one per line; - for standard input"
            )
        take.add_argument("--site", help="short name of the site of unknown systems")

    def act(self, **options: Any) -> dict[str, Any]:
        if options["verb"] == "import":
            return self._import(str(options["file"]), options["site"])
        return self._check(str(options["file"]))

    def _import(self, name: str, site: str | None) -> dict[str, Any]:
        told = reporting.take(
            self.body(name, limit=MAX_BYTES),
            site=site_called(site),
            bounds=Bounds(size=MAX_BYTES, values=50_000_000),
            by=self.by,
            at=self.at,
        )
        self.code = WRONG if told["refused"] else 0
        self.say(f"{name}: {told['taken']:,} events taken, {told['refused']:,} refused")
        self.say(
            f"  facets {told['facets']:,}; new assets {told['assets']:,};"
            f" edges {told['edges']:,} set, {told['ended']:,} ended"
        )
        for title in ("faults", "warnings"):
            for one in told[title]:
                self.say(f"  {one['line'] or ''} {one['pointer']}: {one['detail']}")
        return {"file": name, **told, "exit_code": self.code}

    def _check(self, name: str) -> dict[str, Any]:
        register, outcomes = Register(), Counter[Outcome]()
        faults, warnings = _Listed(), _Listed()
        bounds = Bounds(size=MAX_BYTES, values=50_000_000)
        for found in read(self.body(name, limit=MAX_BYTES), bounds=bounds):
            outcomes[found.outcome] += 1
            faults.add(found, found.faults)
            warnings.add(found, found.warnings)
            if found.event is not None:
                register.absorb([found.event])
        self.code = WRONG if outcomes[Outcome.INVALID] or not outcomes else 0
        systems = to_rows(register)
        assets = Counter(row.kind.value for one in systems.values() for row in one.harvested.rows)
        edges = Counter(
            str(edge.kind) for one in systems.values() for edge in one.harvested.lineage
        )
        told_outcomes = {str(one): outcomes[one] for one in Outcome}
        self.say(f"{name}: " + ", ".join(f"{n} {what}" for what, n in told_outcomes.items()))
        self.say(
            f"  systems {len(systems)}; assets: {_counted(assets)}; lineage: {_counted(edges)}"
        )
        self.tell("faults", faults.listed, faults.count)
        self.tell("warnings", warnings.listed, warnings.count)
        return {
            "file": name,
            "events": told_outcomes,
            "systems": sorted(systems),
            "assets": assets,
            "lineage": edges,
            "faults": told(faults.listed),
            "fault_count": faults.count,
            "warnings": told(warnings.listed),
            "warning_count": warnings.count,
            "exit_code": self.code,
        }


class _Listed:
    """The first findings of all events, with the line where their event begins."""

    def __init__(self) -> None:
        self.listed: tuple[Fault, ...] = ()
        self.count = 0

    def add(self, of: EventReading, found: tuple[Fault, ...]) -> None:
        self.count += len(found)
        if len(self.listed) < MAX_LISTED:
            placed = (replace(one, line=one.line or of.line) for one in found)
            self.listed = (*self.listed, *placed)[:MAX_LISTED]


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{n:,} {what}" for what, n in sorted(counts.items())) or "none"
