"""Incidents as reports count them: their milestones and durations as known at an instant."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Aggregate, F, Func, Q, QuerySet, TextField

from incidents.domain.durations import Answer, Metric, measure
from incidents.domain.incidents import Kind, Phase, Reference
from incidents.domain.intervals import Interval
from incidents.domain.milestones import MilestoneKind, Source, Status
from incidents.domain.observed import COHORT, METRICS, Observed
from incidents.models import Incident, MilestoneEntry

UNCOUNTED = [one.value for one in Phase if not one.counts_in_metrics]
# Tens of thousands of answers are read: a lookup costs less than making the member anew.
_KINDS = {one.value: one for one in MilestoneKind if one is not MilestoneKind.NOTIFIED}
_STATUSES = {one.value: one for one in Status}
_SOURCES = {one.value: one for one in Source}
_COHORTS = tuple((metric, COHORT.get(metric, MilestoneKind.DETECTED)) for metric in METRICS)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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
        held = entries.get(key, _NONE)
        now = held.now
        # What nobody has answered since is known as it was.
        before = held.before if then is not None and held.is_changed else None
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
                if then is None or before is None
                else {metric: measure(metric, before, at=then) for metric in METRICS},
            )
        )
    return found


@dataclass(slots=True)
class _Answers:
    """The answers of one incident that stand now, and those that stood before the later ones."""

    now: dict[str, Answer] = field(default_factory=dict)
    before: dict[str, Answer] = field(default_factory=dict)
    is_changed: bool = False


_NONE = _Answers()


class _Lines(Aggregate):
    """All rows as one text of JSON: one value is read in C, a hundred thousand are not."""

    function = "json_agg"
    template = "%(function)s(%(expressions)s)::text"
    output_field = TextField()


class _Microseconds(Func):
    template = "(extract(epoch from %(expressions)s) * 1000000)::bigint"


def _instants(now: Mapping[str, Answer]) -> dict[Metric, datetime]:
    found = {}
    for metric, kind in _COHORTS:
        held = now.get(kind)
        if held is not None and held.interval is not None:
            found[metric] = held.interval.midpoint
    return found


def _entries(
    incidents: QuerySet[Incident], at: datetime, then: datetime | None
) -> dict[int, _Answers]:
    """Return the answers that stand by incident, as they stood at ``at`` and at ``then``."""
    rows = MilestoneEntry.objects.filter(
        incident__in=incidents.order_by().values("pk"), set_at__lte=at, kind__in=_KINDS
    )
    line = Func(
        F("incident_id"), F("kind"), F("seq"), F("status"), F("source"),
        _Microseconds("starts_at"), _Microseconds("ends_at"), _Microseconds("set_at"),
        function="json_build_array", output_field=TextField(),
    )  # fmt: skip
    lines = json.loads(rows.order_by().aggregate(lines=_Lines(line))["lines"] or "[]")
    edge = _microseconds(then or at)
    found: dict[int, _Answers] = {}
    # By number, so that a later answer of a milestone takes the place of the one before.
    for key, kind, _, status, source, start, end, set_at in sorted(lines, key=_number):
        held = found.get(key)
        if held is None:
            held = found[key] = _Answers()
        answer = _answer(kind, status, source, start, end)
        if set_at > edge:
            held.is_changed = True
        else:
            _put(held.before, kind, answer)
        _put(held.now, kind, answer)
    return found


def _number(line: list[Any]) -> int:
    return int(line[2])


def _put(held: dict[str, Answer], kind: str, answer: Answer) -> None:
    if answer.status is Status.RETRACTED:
        held.pop(kind, None)
    else:
        held[kind] = answer


def _answer(kind: str, status: str, source: str, start: int | None, end: int | None) -> Answer:
    interval = None if start is None or end is None else Interval(_instant(start), _instant(end))
    return Answer(_KINDS[kind], _STATUSES[status], _SOURCES[source], interval)


def _instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)
