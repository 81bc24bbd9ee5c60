"""Incidents as reports count them: their milestones and durations as known at an instant."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime

from django.db.models import Q, QuerySet

from incidents.domain.durations import Metric, measure
from incidents.domain.incidents import Kind, Phase, Reference
from incidents.domain.intervals import Interval, Precision
from incidents.domain.milestones import Milestone, MilestoneKind, Source, Status, current
from incidents.domain.observed import COHORT, METRICS, Observed
from incidents.models import Incident, MilestoneEntry

UNCOUNTED = [one.value for one in Phase if not one.counts_in_metrics]
_ENTRY = (
    "incident_id", "kind", "status", "source", "starts_at", "ends_at", "precision", "zone", "party",
    "reason", "basis", "seq", "set_at",
)  # fmt: skip
_ROW = (
    "pk", "year", "number", "title", "severity", "phase", "site_id", "site__slug", "site__name",
    "site__path", "declared_at",
)  # fmt: skip


def between(
    incidents: QuerySet[Incident],
    *,
    kind: Kind,
    start: datetime,
    end: datetime,
    at: datetime,
    then: datetime | None = None,
) -> list[Observed]:
    """Return the counted incidents of one kind that may belong to a window in [start, end).

    They are those detected or alerted in it by any answer that was ever given; `within` tells
    which belong to a window by the answer that stands. Live and drill never meet in one list.
    """
    touched = MilestoneEntry.objects.filter(
        kind__in=[MilestoneKind.DETECTED.value, MilestoneKind.ALERT_RAISED.value],
        starts_at__lt=end,
        ends_at__gt=start,
    )
    rows = incidents.filter(pk__in=touched.order_by().values("incident"))
    return read(rows, kind=kind, at=at, then=then)


def open_ones(incidents: QuerySet[Incident], *, kind: Kind, at: datetime) -> list[Observed]:
    """Return the incidents of one kind that are open."""
    ended = [one.value for one in Phase if one.is_terminal]
    return read(incidents.filter(~Q(phase__in=ended)), kind=kind, at=at)


def read(
    incidents: QuerySet[Incident], *, kind: Kind, at: datetime, then: datetime | None = None
) -> list[Observed]:
    """Return incidents with their durations, in two queries however many there are."""
    rows = incidents.filter(kind=kind.value, declared_at__lte=at).exclude(phase__in=UNCOUNTED)
    entries = _entries(rows, at)
    found = []
    for row in rows.order_by("year", "number").values_list(*_ROW):
        key, year, number, title, severity, phase, _, slug, name, path, declared_at = row
        held = entries.get(key, [])
        now = current(milestone for milestone, _ in held)
        before = {} if then is None else current(one for one, set_at in held if set_at <= then)
        found.append(
            Observed(
                key=key,
                reference=str(Reference(year, number)),
                title=title,
                severity=severity,
                phase=phase,
                site=slug,
                site_name=name,
                site_path=path,
                declared_at=declared_at,
                durations={metric: measure(metric, now, at=at) for metric in METRICS},
                instants=_instants(now),
                earlier={}
                if then is None
                else {metric: measure(metric, before, at=then) for metric in METRICS},
            )
        )
    return found


def _instants(now: Mapping[str, Milestone]) -> dict[Metric, datetime]:
    found = {}
    for metric in METRICS:
        held = now.get(COHORT.get(metric, MilestoneKind.DETECTED).value)
        if held is not None and held.interval is not None:
            found[metric] = held.interval.midpoint
    return found


def _entries(
    incidents: QuerySet[Incident], at: datetime
) -> dict[int, list[tuple[Milestone, datetime]]]:
    found: dict[int, list[tuple[Milestone, datetime]]] = defaultdict(list)
    rows = MilestoneEntry.objects.filter(
        incident__in=incidents.order_by().values("pk"), set_at__lte=at
    )
    for row in rows.order_by().values_list(*_ENTRY).iterator(chunk_size=5_000):
        found[row[0]].append((_milestone(row), row[12]))
    return found


def _milestone(row: tuple[object, ...]) -> Milestone:
    _, kind, status, source, start, end, precision, zone, party, reason, basis, seq, _ = row
    interval = None
    if isinstance(start, datetime) and isinstance(end, datetime):
        interval = Interval(start.astimezone(UTC), end.astimezone(UTC))
    return Milestone(
        kind=MilestoneKind(str(kind)),
        status=Status(str(status)),
        source=Source(str(source)),
        interval=interval,
        precision=Precision(str(precision)),
        zone=str(zone),
        party=str(party),
        reason=str(reason),
        basis=str(basis),
        seq=int(str(seq)),
    )
