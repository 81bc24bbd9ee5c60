"""What is known of many incidents' milestones at an instant."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from django.db.models import QuerySet

from incidents.domain.durations import Duration, Metric, measure
from incidents.domain.milestones import Milestone, current
from incidents.models import Incident, MilestoneEntry

SHOWN = (Metric.TTD, Metric.TTC, Metric.TTR)
Current = Mapping[str, Milestone]


def known(incidents: QuerySet[Incident], *, at: datetime) -> dict[int, dict[str, Milestone]]:
    """Return the current milestones by incident as they were known at ``at``, in one query."""
    entries: dict[int, list[Milestone]] = defaultdict(list)
    rows = MilestoneEntry.objects.filter(incident__in=incidents.order_by().values("pk"))
    for row in rows.filter(set_at__lte=at).order_by("id"):
        entries[row.incident_id].append(row.as_milestone())
    return {key: current(held) for key, held in entries.items()}


def of(incident: Incident) -> dict[str, Milestone]:
    """Return the current milestones of one incident."""
    return current(row.as_milestone() for row in MilestoneEntry.objects.filter(incident=incident))


def durations(milestones: Current, *, at: datetime) -> dict[Metric, Duration]:
    """Return time to detect, to contain and to restore of one incident."""
    return {metric: measure(metric, milestones, at=at) for metric in SHOWN}
