"""``manage.py dbt check MANIFEST``: can the artifacts of a project be read, what do they hold?"""

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from catalog.dbt import project
from catalog.dbt.artifacts import MAX_BYTES
from catalog.documents.faults import Unreadable
from catalog.management.documents import WRONG, CheckingCommand, told


class Command(CheckingCommand):
    help = (
        "Read the artifacts of a dbt project. Exit code 0: all could be read, perhaps with"
        " warnings; 1: a node or a whole file could not; 2: wrong usage, or no such file."
    )

    def arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        check = self.verb(verbs, "check", "Count what a project holds.")
        check.add_argument("manifest", help="target/manifest.json")
        check.add_argument("--catalog", help="target/catalog.json, whose types win")

    def act(self, **options: Any) -> dict[str, Any]:
        name, catalog = str(options["manifest"]), options["catalog"]
        bodies = [self.body(one, limit=MAX_BYTES) for one in (name, catalog) if one]
        try:
            found = project.read(*bodies)
        except Unreadable as refused:
            self.code = WRONG
            self.say(f"{name}: refused")
            self.tell("faults", (refused.fault,), 1)
            return {"file": name, "faults": told((refused.fault,)), "exit_code": self.code}
        held = found.observed.harvested
        self.code = 0 if held.complete else WRONG
        kinds = Counter(row.kind.value for row in held.rows)
        counted = ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items()))
        self.say(f"{name}: {held.server_version}; {counted or 'nothing'}")
        self.say(
            f"  lineage {len(held.lineage)} opaque, models with SQL {len(found.models)},"
            f" owners {len(found.observed.owners)}, tags {len(found.observed.tags)}"
        )
        for what, reason in held.unparsed:
            self.say(f"  left out: {what}: {reason}")
        self.tell("warnings", found.warnings, found.warning_count)
        return {
            "file": name,
            "version": held.server_version,
            "assets": kinds,
            "lineage": len(held.lineage),
            "models": len(found.models),
            "left_out": held.unparsed,
            "unread": held.unread,
            "faults": [],
            "warnings": told(found.warnings),
            "warning_count": found.warning_count,
            "exit_code": self.code,
        }
