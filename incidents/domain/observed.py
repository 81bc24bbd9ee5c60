"""One incident as reports count it, and which window it belongs to."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from incidents.domain.durations import Duration, Metric
from incidents.domain.incidents import Phase
from incidents.domain.metrics import Cohort, cohort
from incidents.domain.milestones import MilestoneKind

METRICS = (Metric.TTD, Metric.TTA, Metric.TTC, Metric.TTR)
COHORT = {Metric.TTA: MilestoneKind.ALERT_RAISED}
"""The milestone by which an incident belongs to a window; `detected` where none is named."""


@dataclass(frozen=True, slots=True)
class Observed:
    """One incident, what was known of it at the report's instant, and at ``then`` before."""

    key: int
    reference: str
    title: str
    severity: str
    phase: str
    site: str
    site_name: str
    site_path: str
    declared_at: datetime
    durations: Mapping[Metric, Duration]
    instants: Mapping[Metric, datetime]
    earlier: Mapping[Metric, Duration]

    @property
    def is_open(self) -> bool:
        """Whether somebody still works on it."""
        return not Phase(self.phase).is_terminal


def within(
    rows: Iterable[Observed], metric: Metric, holds: Callable[[datetime], bool]
) -> list[Observed]:
    """Return the incidents that belong to a window of ``metric``."""
    return [row for row in rows if metric in row.instants and holds(row.instants[metric])]


def counted(rows: Iterable[Observed], metric: Metric) -> Cohort:
    """Return what counts of ``metric``, by severity, and what does not."""
    return cohort((row.durations[metric], row.severity) for row in rows)
