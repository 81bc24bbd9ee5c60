"""Which frozen baseline counts for a window."""

from datetime import datetime, timedelta

from governance.models import Site
from incidents.domain.baselines import Baseline
from incidents.domain.durations import Metric
from incidents.models import MetricBaseline

_DAY = timedelta(days=1)


def in_force(site: Site, *, start: datetime) -> dict[Metric, Baseline]:
    """Return the baseline of each metric for a window that begins at ``start``.

    One that is frozen after the window's first day judges later windows only: goals do not
    move in the run.
    """
    found: dict[Metric, Baseline] = {}
    rows = MetricBaseline.objects.filter(site=site, frozen_at__lt=start + _DAY)
    for row in rows.order_by("-frozen_at", "-id"):
        metric = Metric(row.metric)
        if metric not in found:
            found[metric] = row.as_baseline()
    return found


def rolling(site: Site, metric: Metric, *, at: datetime) -> Baseline | None:
    """Return the baseline for the window as long as itself that ends at ``at``."""
    rows = MetricBaseline.objects.filter(site=site, metric=metric.value, frozen_at__lte=at)
    for row in rows.order_by("-frozen_at", "-id"):
        if row.frozen_at < at - (row.ends_at - row.starts_at) + _DAY:
            return row.as_baseline()
    return None
