"""Freezing a baseline: what a metric will be held against, before anybody knows how it goes."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import BadInput, Refused
from governance.models import Site
from incidents.domain import baselines
from incidents.domain.baselines import Named
from incidents.domain.durations import Metric
from incidents.domain.incidents import Kind
from incidents.domain.metrics import BOUNDS, Observation
from incidents.domain.observed import METRICS, within
from incidents.domain.spans import Period
from incidents.models import Incident, MetricBaseline
from incidents.permissions import Act
from incidents.queries import observed


@transaction.atomic
def freeze(
    *,
    metric: Metric,
    site: Site,
    window: Period,
    target: float,
    judge_on: Sequence[date],
    by: Actor,
    at: datetime,
) -> MetricBaseline:
    """Freeze how long the live incidents of ``window`` took, at ``site`` and below.

    Bounds are those of the metric, weights the mix of severities found; open incidents stay
    in as running. The rows are kept as they stand now: no later correction moves a goal.

    Raises:
        NotAllowed: ``by`` may not freeze baselines here.
        BadInput: the window is not over, or would be judged on what has begun already.
        Refused: nothing of this metric counts in the window.
    """
    if metric not in METRICS:
        raise BadInput(f"No baseline is kept of {metric.label.lower()}.", pointer="/metric")
    bounds = BOUNDS[metric]
    baseline = MetricBaseline(
        metric=metric.value,
        site=site,
        starts_at=window.start,
        ends_at=window.end,
        floor_seconds=bounds.floor,
        top_seconds=bounds.top,
        target=target,
        judge_on=sorted(judge_on),
        frozen_at=at,
        frozen_by=by.ref,
    )
    require(by, Act.BASELINE_FREEZE, baseline, at=at)
    try:
        baselines.check(start=window.start, end=window.end, target=target, judge_on=judge_on, at=at)
    except ValueError as error:
        raise BadInput(str(error)) from error
    rows = _rows(metric, site, window, at=at)
    if not rows:
        raise Refused(f"No live incident of {window.name} has a {metric.label.lower()} here.")
    baseline.weights = baselines.weights(rows)
    baseline.rows = baselines.write(rows)
    baseline.sha256 = baselines.digest(baseline.rows)
    baseline.save()
    audit.record(
        by=by,
        act=Act.BASELINE_FREEZE,
        ref=baseline.ref,
        at=at,
        metric=metric.value,
        window=window.name,
        target=target,
        judge_on=[day.isoformat() for day in baseline.judge_on],
        sha256=baseline.sha256,
        n=len(rows),
    )
    return baseline


def _rows(metric: Metric, site: Site, window: Period, *, at: datetime) -> list[Named]:
    incidents = Incident.objects.filter(site__in=Site.objects.below(site))
    found = observed.between(
        incidents, kind=Kind.LIVE, start=window.start, end=window.end, at=at.replace(microsecond=0)
    )
    rows: list[Named] = []
    for row in within(found, metric, window.holds):
        took = row.durations[metric]
        if took.counts:
            low, high = took.low.total_seconds(), took.high.total_seconds()
            finished = took.state.value == "known"
            rows.append(
                (row.reference, Observation(low, high, finished, row.severity, took.is_estimated))
            )
    return rows
