"""How a governed system stands: its runs, how fresh they are, what is found and since when."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q, QuerySet

from governance import access
from governance.charts import lines, sparks
from governance.charts.lines import Chart
from governance.charts.sparks import Spark
from governance.domain.actor import Actor
from governance.domain.drift import RECENT_SNAPSHOTS, SHRINKAGE, Kind, usual
from governance.domain.drift_words import NAMES
from governance.models import (
    DriftFinding,
    DriftState,
    GovernedSystem,
    ObservedGrant,
    Snapshot,
    SnapshotState,
)
from governance.permissions import Act
from governance.queries.drift_trend import DAYS, Day, Trend

RUNS = 10
ABSENT_SHOWN = 50


@dataclass(frozen=True, slots=True)
class OfKind:
    """Findings of one kind that last: how many, the oldest, how many are past their due time."""

    kind: str
    name: str
    count: int
    oldest_at: datetime
    overdue: int
    trend: Spark


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a snapshot is not believed: how many grants it shows, where how many are usual."""

    grants: int
    usual: int | None
    absent: int
    is_shrunk: bool
    """False where the source itself said that it had not read all."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the page of a system shows."""

    newest: Snapshot | None
    """The newest one that showed anything."""
    is_fresh: bool
    next_at: datetime | None
    runs: list[Snapshot]
    kinds: list[OfKind]
    days: list[Day]
    chart: Chart
    doubt: Doubt | None


def of(system: GovernedSystem, *, to: Actor, at: datetime) -> Standing:
    """Return how ``system`` stands at ``at``, with the findings that ``to`` may see."""
    runs = list(system.snapshots.all()[:RUNS])
    newest = system.snapshots.exclude(state=SnapshotState.FAULTY).first()
    findings = access.visible(
        DriftFinding.objects.filter(system=system), to=to, act=Act.DRIFT_READ, at=at
    )
    trend = Trend(findings, at.date())
    days = trend.days()
    fresh_since = at - timedelta(hours=system.fresh_hours)
    last = runs[0].taken_at if runs else None
    due = last + timedelta(hours=system.every_hours) if last else at
    is_suspect = newest is not None and newest.state == SnapshotState.SUSPECT
    return Standing(
        newest=newest,
        is_fresh=newest is not None and newest.taken_at >= fresh_since,
        next_at=max(due, at) if system.is_scheduled else None,
        runs=runs,
        kinds=_kinds(findings, trend, at=at),
        days=days[::-1],
        chart=lines.line(
            [("findings", [day.standing for day in days])],
            labels=[f"{day.on:%b %-d}" for day in days],
            title=f"Findings in {system} at the end of each day",
        ),
        doubt=doubt(newest) if newest is not None and is_suspect else None,
    )


def doubt(snapshot: Snapshot) -> Doubt:
    """Return why the suspect ``snapshot`` is not believed."""
    believed = Snapshot.objects.filter(
        system=snapshot.system_id, state=SnapshotState.COMPARED, taken_at__lte=snapshot.taken_at
    )
    recent = list(believed.values_list("grants", flat=True)[:RECENT_SNAPSHOTS])[::-1]
    expected = usual(recent) if recent else None
    return Doubt(
        grants=snapshot.grants,
        usual=None if expected is None else round(expected),
        absent=absent(snapshot).count(),
        is_shrunk=expected is not None and snapshot.grants < expected * (1 - SHRINKAGE),
    )


def absent(snapshot: Snapshot) -> QuerySet[ObservedGrant]:
    """Return what was known before ``snapshot``, and it did not show."""
    return ObservedGrant.objects.filter(
        system=snapshot.system_id, absent_from__isnull=False
    ).order_by("principal", "scope", "entitlement")


def _kinds(findings: QuerySet[DriftFinding], trend: Trend, *, at: datetime) -> list[OfKind]:
    rows = (
        findings.exclude(state=DriftState.CLOSED)
        .order_by()
        .values("kind")
        .annotate(
            count=Count("pk"),
            oldest=Min("first_seen_at"),
            overdue=Count("pk", filter=Q(state=DriftState.OPEN, due_at__lt=at)),
        )
        .order_by("-count", "kind")
    )
    found = []
    for row in rows:
        name = NAMES[Kind(row["kind"])]
        standing = [day.standing for day in trend.days(row["kind"])]
        line = sparks.spark(standing, title=f"{name}, {DAYS} days")
        found.append(OfKind(row["kind"], name, row["count"], row["oldest"], row["overdue"], line))
    return found
