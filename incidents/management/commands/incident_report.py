"""``manage.py incident_report``: one incident, or the report of a period."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from governance.access import require
from governance.commands import OperatorCommand
from governance.errors import BadInput, NotFound
from governance.models import Site
from incidents.domain import report_words as say
from incidents.domain import spans
from incidents.domain.clocks import describe
from incidents.domain.incidents import Kind, Reference
from incidents.models import Card, Incident
from incidents.permissions import Act
from incidents.queries import milestones, report_data, report_files, reporting
from incidents.queries.reporting import Report


class Command(OperatorCommand):
    help = "Print how long one incident took, or the report of a period: text, JSON, PDF, CSV."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference", nargs="?", help="one incident, as in INC-2026-0042")
        parser.add_argument("--period", help="2026-Q3, 2026-09 or 2026")
        parser.add_argument("--site", help="slug of a site; everything if omitted")
        parser.add_argument("--drills", action="store_true", help="drills instead of live ones")
        parser.add_argument("--pdf", type=Path, metavar="FILE", help="write one page of A4")
        parser.add_argument("--csv", type=Path, metavar="FILE", help="write a line per incident")

    def act(self, **options: Any) -> dict[str, Any]:
        if bool(options["reference"]) == bool(options["period"]):
            raise BadInput("Name one incident, or a period with --period 2026-Q3.")
        if options["period"]:
            return self._period(**options)
        return self._incident(str(options["reference"]))

    def _period(self, **options: Any) -> dict[str, Any]:
        slug = options["site"]
        chosen = {"slug": slug} if slug else {"parent": None}
        site = Site.objects.filter(**chosen).first()
        if site is None:
            raise NotFound(f"no site {slug!r}")
        try:
            period = spans.parse(str(options["period"]))
        except ValueError as error:
            raise BadInput(str(error)) from error
        kind = Kind.DRILL if options["drills"] else Kind.LIVE
        report = reporting.gather(site=site, period=period, kind=kind, to=self.by, at=self.at)
        for form in ("pdf", "csv"):
            if options[form]:
                options[form].write_bytes(report_files.write(report, form))
                self.say(f"{options[form]} written.")
        self._tell(report)
        return report_data.document(report)

    def _tell(self, report: Report) -> None:
        scope = "all sites" if report.is_whole else report.site.name
        count = len(report.rows)
        self.say(say.lede(report.kind, report.period, scope, count, report.ages, at=report.at))
        for tile in report.tiles:
            figure = say.value(tile.summary) or "no figure"
            self.say(f"  {tile.metric.label:<22} {figure:<14} {tile.said.words}")
            self.say(f"  {'':<22} {say.basis(tile.summary)}")

    def _incident(self, text: str) -> dict[str, Any]:
        try:
            wanted = Reference.parse(text)
        except ValueError as error:
            raise BadInput(str(error)) from error
        incident = Incident.objects.filter(year=wanted.year, number=wanted.number).first()
        if incident is None:
            raise NotFound(f"there is no {wanted}")
        require(self.by, Act.INCIDENT_READ, incident, at=self.at)
        held = milestones.of(incident)
        took = milestones.durations(held, at=self.at)
        cards = Card.objects.filter(run__incident=incident)
        steps = {"total": cards.count(), "waiting": cards.waiting().count()}
        self.say(f"{incident.severity} {incident}, {incident.phase}")
        for one in held.values():
            when = f"{one.interval.start:%Y-%m-%d %H:%M:%S} UTC" if one.interval else one.status
            self.say(f"  {one.kind.value.replace('_', ' '):<24} {when}")
        for metric, duration in took.items():
            self.say(f"  {metric.label:<24} {describe(duration)}")
        self.say(f"  {'Steps':<24} {steps['waiting']} of {steps['total']} wait")
        return {
            "reference": str(wanted),
            "severity": incident.severity,
            "phase": incident.phase,
            "milestones": {
                key: one.interval.start if one.interval else one.status.value
                for key, one in held.items()
            },
            "durations": {
                metric.value: {
                    "state": one.state.value,
                    "seconds": one.point.total_seconds() if one.counts else None,
                    "is_estimated": one.is_estimated,
                }
                for metric, one in took.items()
            },
            "steps": steps,
        }
