"""Incidents as reports count them: their milestones and durations as known at an instant."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db.models import Case, Q, QuerySet, When

from incidents.domain.durations import Metric, measure
from incidents.domain.incidents import Kind, Phase, Reference
from incidents.domain.intervals import Interval, Precision
from incidents.domain.milestones import Milestone, MilestoneKind, Source, Status, current
from incidents.domain.observed import COHORT, METRICS, Observed
from incidents.models import Incident, MilestoneEntry

UNCOUNTED = [one.value for one in Phase if not one.counts_in_metrics]
# Thousands of rows are read: a lookup costs less than making the member anew.
_KINDS = {one.value: one for one in MilestoneKind if one is not MilestoneKind.NOTIFIED}
_STATUSES = {one.value: one for one in Status}
_SOURCES = {one.value: one for one in Source}
_PRECISIONS = {one.value: one for one in Precision}
_ENTRY = (
    "incident_id", "kind", "status", "source", "starts_at", "ends_at", "precision", "zone", "party",
    "reason", "basis", "seq", "is_later",
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


def open_ones(
    incidents: QuerySet[Incident], *, kind: Kind, at: datetime
) -> list[tuple[str, datetime]]:
    """Return severity and declaration of the incidents of one kind that are open."""
    ended = [one.value for one in Phase if one.is_terminal]
    rows = incidents.filter(~Q(phase__in=ended), kind=kind.value, declared_at__lte=at)
    return list(rows.order_by().values_list("severity", "declared_at"))


def read(
    incidents: QuerySet[Incident], *, kind: Kind, at: datetime, then: datetime | None = None
) -> list[Observed]:
    """Return incidents with their durations, in two queries however many there are."""
    rows = incidents.filter(kind=kind.value, declared_at__lte=at).exclude(phase__in=UNCOUNTED)
    entries = _entries(rows, at, then)
    found = []
    for row in rows.order_by("year", "number").values_list(*_ROW):
        key, year, number, title, severity, phase, _, slug, name, path, declared_at = row
        held = entries.get(key, [])
        now = current(milestone for milestone, _ in held)
        # What nobody has answered since is known as it was.
        is_changed = then is not None and any(is_later for _, is_later in held)
        before = current(one for one, is_later in held if not is_later) if is_changed else {}
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
                earlier={metric: measure(metric, before, at=then) for metric in METRICS}
                if then is not None and is_changed
                else {},
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
    incidents: QuerySet[Incident], at: datetime, then: datetime | None
) -> dict[int, list[tuple[Milestone, bool]]]:
    """Return the answers by incident, each with whether it was given after ``then``."""
    found: dict[int, list[tuple[Milestone, bool]]] = defaultdict(list)
    rows = MilestoneEntry.objects.filter(
        incident__in=incidents.order_by().values("pk"), set_at__lte=at, kind__in=_KINDS
    )
    later = Case(When(set_at__gt=then or at, then=True), default=False)
    for row in rows.order_by().annotate(is_later=later).values_list(*_ENTRY):
        found[row[0]].append((_milestone(row), row[-1]))
    return found


def _milestone(row: tuple[Any, ...]) -> Milestone:
    _, kind, status, source, start, end, precision, zone, party, reason, basis, seq, _ = row
    return Milestone(
        kind=_KINDS[kind],
        status=_STATUSES[status],
        source=_SOURCES[source],
        interval=None if start is None else Interval(start.astimezone(UTC), end.astimezone(UTC)),
        precision=_PRECISIONS[precision],
        zone=zone,
        party=party,
        reason=reason,
        basis=basis,
        seq=seq,
    )
