"""``manage.py classify``: let the rules look at one system again, and say how it stands."""

from argparse import ArgumentParser
from typing import Any

from catalog.actions import classifying, sampling
from catalog.actions.sampling import Looked, Wanted
from catalog.domain.assets import AssetKind
from catalog.models import Asset
from catalog.queries import labels
from governance.actions import systems
from governance.commands import OperatorCommand
from governance.errors import BadInput, NotFound
from governance.models import GovernedSystem

SHOWN_LINES = 5
NOTHING_SAID = {"proposed": 0, "accepted": 0, "rejected": 0, "effective": 0, "by_lineage": 0}


class Command(OperatorCommand):
    help = "Let the rules look at the columns of a harvested system again and count its labels."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--system", required=True, metavar="NAME", help="its short name")
        parser.add_argument(
            "--sample",
            action="store_true",
            help="look at some values of each column too; none is kept",
        )

    def act(self, **options: Any) -> dict[str, Any]:
        system = self._system(str(options["system"]).strip())
        looked = self._looked(system) if options["sample"] else None
        changed = classifying.propose(
            system, by=self.by, at=self.at, judged=looked.judged if looked else None
        )
        standing: dict[str, Any] = labels.standing(system.pk)
        self._tell(system, changed, looked, standing)
        return {
            "system": system.slug,
            "changed": changed,
            "sample_values": looked is not None,
            "sampled": len(looked.judged) if looked else 0,
            "unsampled": list(looked.unsampled) if looked else [],
            **standing,
            "categories": {
                category: counts for category, counts in standing["categories"].items() if category
            },
            "without_category": standing["categories"].get("", NOTHING_SAID),
        }

    def _system(self, name: str) -> GovernedSystem:
        system = GovernedSystem.objects.filter(slug=name).select_related("site").first()
        if system is None:
            slugs = ", ".join(GovernedSystem.objects.values_list("slug", flat=True)[:20])
            raise NotFound(f"no system {name[:64]!r}; known are: {slugs or 'none'}")
        return system

    def _looked(self, system: GovernedSystem) -> Looked:
        if not system.secret:
            raise BadInput(f"{system.slug} is known from a file and has no connection to sample")
        rows = Asset.objects.live().filter(system=system, kind=AssetKind.COLUMN.value)
        columns = [Wanted(*row) for row in rows.values_list("source_key", "name", "physical_type")]
        return sampling.judge(system.kind, systems.dsn_of(system), columns, at=self.at)

    def _tell(
        self,
        system: GovernedSystem,
        changed: int,
        looked: Looked | None,
        standing: dict[str, Any],
    ) -> None:
        if looked is None:
            self.say(f"{system}: names and types alone were looked at, {changed} labels changed.")
        else:
            self.say(
                f"{system}: values of {len(looked.judged):,} columns were looked at, none kept;"
                f" {changed} labels changed."
            )
            for line in looked.unsampled[:SHOWN_LINES]:
                self.say(f"  values not read: {line}")
        self.say(
            f"  {standing['columns']:,} columns, {standing['unclassified']:,} unclassified,"
            f" {standing['without_accepted_label']:,} without an accepted label,"
            f" {standing['personal']:,} personal, {standing['by_lineage']:,} by lineage."
        )
        for category, counts in standing["categories"].items():
            self.say(
                f"  {category or 'nothing special'}: {counts['proposed']} proposed,"
                f" {counts['accepted']} accepted, {counts['rejected']} rejected,"
                f" {counts['effective']} effective ({counts['by_lineage']} by lineage)"
            )
