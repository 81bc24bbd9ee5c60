"""``manage.py metric_baseline``: freeze what a metric is held against, or list what is frozen."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from governance.commands import OperatorCommand
from governance.errors import BadInput, NotFound
from governance.models import Site
from incidents.actions import freezing
from incidents.domain import spans
from incidents.domain.durations import Metric
from incidents.domain.observed import METRICS
from incidents.models import MetricBaseline

SHOWN = ("metric", "site__slug", "starts_at", "ends_at", "target", "judge_on", "sha256")


class Command(OperatorCommand):
    help = "Freeze the baseline of a metric before the period that it judges, or list them."

    def arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        freeze = verbs.add_parser("freeze", help="keep a window as it is known now, for good")
        freeze.add_argument("metric", choices=[one.value for one in METRICS])
        freeze.add_argument("--window", required=True, help="2026-Q2, 2026-06 or 2026")
        freeze.add_argument("--site", help="slug; everything if omitted")
        freeze.add_argument("--target", type=float, required=True, help="0.5 is half the time")
        freeze.add_argument(
            "--judge", action="append", required=True, help="last day of a window, 2026-09-30"
        )
        verbs.add_parser("list", help="show all of them, newest first")

    def act(self, **options: Any) -> dict[str, Any]:
        if options["verb"] == "list":
            return self._list()
        slug = options["site"]
        site = Site.objects.filter(**({"slug": slug} if slug else {"parent": None})).first()
        if site is None:
            raise NotFound(f"no site {slug!r}")
        try:
            window = spans.parse(str(options["window"]))
            judge_on = [date.fromisoformat(day) for day in options["judge"]]
        except ValueError as error:
            raise BadInput(str(error)) from error
        found = freezing.freeze(
            metric=Metric(options["metric"]),
            site=site,
            window=window,
            target=options["target"],
            judge_on=judge_on,
            by=self.by,
            at=self.at,
        )
        count = len(found.as_baseline().observations)
        self.say(f"{found}: {count} incidents, SHA-256 {found.sha256}")
        return {"metric": found.metric, "site": site.slug, "n": count, "sha256": found.sha256}

    def _list(self) -> dict[str, Any]:
        rows = list(MetricBaseline.objects.values(*SHOWN, "frozen_at"))
        for row in rows:
            days = ", ".join(f"{day}" for day in row["judge_on"])
            self.say(f"{row['metric']} at {row['site__slug']}: {row['sha256'][:16]}, {days}")
        return {"baselines": rows}
