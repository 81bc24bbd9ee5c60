"""``manage.py coverage``: how much meets the baseline, and what is missing where."""

from argparse import ArgumentParser
from typing import Any

from catalog.queries import coverage
from catalog.queries.coverage import Figure, Scope
from governance.commands import OperatorCommand
from governance.errors import NotFound
from governance.models import GovernedSystem, Site


class Command(OperatorCommand):
    help = "Print baseline coverage: figures, gaps with the items missing, and exemptions."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--system", default="", metavar="NAME", help="its short name; else all")
        parser.add_argument(
            "--site", default="", metavar="NAME", help="its short name; sites below it count too"
        )
        parser.add_argument("--sql", action="store_true", help="print the statement of the total")
        parser.add_argument("--gaps", type=int, default=50, help="list so many gaps at most")

    def act(self, **options: Any) -> dict[str, Any]:
        scope = Scope(system=options["system"], site=options["site"])
        if scope.system and not GovernedSystem.objects.filter(slug=scope.system).exists():
            raise NotFound(f"There is no system {scope.system}.")
        if scope.site and not Site.objects.filter(slug=scope.site).exists():
            raise NotFound(f"There is no site {scope.site}.")
        rows = coverage.rows(scope)
        if options["sql"]:
            sql = coverage.statement(rows, at=self.at)
            self.say(sql)
            return {"sql": sql, **coverage.total(rows, at=self.at).told()}
        found = coverage.coverage(rows, at=self.at)
        gaps = [
            {"id": row["id"], "fqn": row["fqn"], "kind": row["kind"], "missing": names}
            for row in coverage.gaps(rows, at=self.at)[: max(0, options["gaps"])]
            for names in [[item.value for item in coverage.missing(row)]]
        ]
        exempt = list(coverage.exempt(rows, at=self.at))
        self.say(f"Baseline coverage as of {self.at:%Y-%m-%d %H:%M} UTC, target 99%")
        for one in (found.total, found.critical):
            self._line(one)
        for title, figures in (("By site", found.by_site), ("By system", found.by_system)):
            self.say(title)
            for one in figures:
                self._line(one)
        self.say(f"Gaps: {found.total.gaps}" + (", the first:" if gaps else ""))
        for gap in gaps:
            self.say(f"  {gap['fqn']} ({gap['kind']}): {', '.join(gap['missing'])}")
        self.say(f"Exempt: {len(exempt)}")
        for row in exempt:
            self.say(
                f"  {row['fqn']} until {row['exempt_until']:%Y-%m-%d}:"
                f" {row['reason']} ({row['actor']})"
            )
        return {"at": self.at, **found.told(), "gaps": gaps, "exemptions": exempt}

    def _line(self, one: Figure) -> None:
        share = "no data yet" if one.share is None else f"{one.share:.1f}%"
        beside = f", {one.exempt} exempt" if one.exempt else ""
        self.say(f"  {one.name}: {share}, {one.complete} of {one.counted}{beside}")
