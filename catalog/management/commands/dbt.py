"""``manage.py dbt check|import``: what the artifacts of a project hold, or taking it in."""

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.utils.text import slugify

from catalog.actions import modeling
from catalog.dbt import project
from catalog.dbt.artifacts import MAX_BYTES
from catalog.documents.faults import Unreadable
from catalog.management.documents import WRONG, CheckingCommand, site_called, told
from governance.errors import BadInput

SHOWN = 10


class Command(CheckingCommand):
    help = (
        "Read or take in the artifacts of a dbt project. Exit code 0: all could be read, perhaps"
        " with warnings; 1: a node or a whole file could not; 2: wrong usage, or no such file."
    )

    def arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        check = self.verb(verbs, "check", "Count what a project holds.")
        check.add_argument("manifest", help="target/manifest.json")
        check.add_argument("--catalog", help="target/catalog.json, whose types win")

        take = self.verb(verbs, "import", "Take a project in: assets, proposals and lineage.")
        take.add_argument("--manifest", required=True, help="target/manifest.json")
        take.add_argument("--catalog", help="target/catalog.json, whose types win")
        take.add_argument(
            "--system", required=True, metavar="NAME", help="short name of the system it builds in"
        )
        take.add_argument("--site", help="short name of the site of a new system")

    def act(self, **options: Any) -> dict[str, Any]:
        if options["verb"] == "import":
            return self._import(**options)
        return self._check(**options)

    def _import(self, **options: Any) -> dict[str, Any]:
        name, catalog = str(options["manifest"]), options["catalog"]
        slug = str(options["system"])
        if slugify(slug) != slug or not 0 < len(slug) <= 64:
            raise BadInput(f"{slug[:80]!r} is no slug of a system")
        told = modeling.take(
            self.body(name, limit=MAX_BYTES),
            self.body(catalog, limit=MAX_BYTES) if catalog else None,
            slug=slug,
            site=site_called(options["site"]),
            by=self.by,
            at=self.at,
        )
        self.say(
            f"{told.system}: {told.bound:,} known, {told.new:,} new, {told.changed:,} changed;"
            f" edges {told.edges:,} set, {told.ended:,} ended; labels proposed {told.labels:,}"
        )
        for what, reason in told.unparsed[:SHOWN]:
            self.say(f"  not understood: {what}: {reason}")
        self.tell("warnings", told.warnings, told.warning_count)
        return {
            "file": name,
            "system": told.system.slug,
            "bound": told.bound,
            "new": told.new,
            "changed": told.changed,
            "edges": told.edges,
            "ended": told.ended,
            "labels": told.labels,
            "owners": told.owners,
            "unparsed": told.unparsed,
            "warning_count": told.warning_count,
            "exit_code": self.code,
        }

    def _check(self, **options: Any) -> dict[str, Any]:
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
