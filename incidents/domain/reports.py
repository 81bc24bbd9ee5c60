"""What the report of a period says: figures with their verdicts, sites, ages, restatements."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from incidents.domain.baselines import Baseline
from incidents.domain.clocks import describe
from incidents.domain.durations import Duration, Metric, State
from incidents.domain.incidents import Severity
from incidents.domain.metrics import (
    BOUNDS,
    TARGET_RATIOS,
    Observation,
    Summary,
    quantile,
    summarize,
)
from incidents.domain.observed import METRICS, Observed, counted, within
from incidents.domain.spans import Period
from incidents.domain.targets import CONTAIN_WITHIN
from incidents.domain.verdicts import Finding, Verdict, verdict

STRATA = tuple(one.value for one in Severity)
PLANNED_RATIO = 0.6
"""The ratio that the needed number is told for where the programme names no target."""
RANKED_FROM = 5
NO_SITE = "No single site"
AGES = (
    ("up to 1 day", timedelta(days=1)),
    ("1 to 7 days", timedelta(days=7)),
    ("7 to 30 days", timedelta(days=30)),
    ("longer", timedelta.max),
)


@dataclass(frozen=True, slots=True)
class Tile:
    """One metric of the period, what it is held against, and the words for that.

    ``band`` holds the quartiles, in seconds, of what it is held against.
    """

    metric: Metric
    summary: Summary
    said: Verdict
    against: str
    baseline: str
    band: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class SiteLine:
    """One site: how many incidents, how many are open, and its figures."""

    slug: str
    name: str
    count: int
    figures: Mapping[Metric, Summary]


@dataclass(frozen=True, slots=True)
class Age:
    """How many incidents have been open for so long, by severity."""

    label: str
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Restated:
    """A value that a report at the end of the period would have shown otherwise."""

    reference: str
    metric: Metric
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Lateness:
    """How many incidents were not contained within the time of their severity."""

    late: int
    of: int


def tile(
    metric: Metric,
    rows: Sequence[Observed],
    period: Period,
    *,
    baseline: Baseline | None,
    at: datetime,
) -> Tile:
    """Return the figures of ``metric`` in ``period`` and hold them against the baseline.

    Without one they are held against the period before, and the verdict is withheld. It is
    given for a period that is over and whose last day is a day of judgment.
    """
    held = counted(within(rows, metric, period.holds), metric)
    bounds = baseline.bounds if baseline else BOUNDS[metric]
    figures = summarize(held, bounds=bounds)
    if baseline is None:
        before = period.before()
        past = counted(within(rows, metric, before.holds), metric).observations
        weights, target, is_judged = None, TARGET_RATIOS.get(metric, PLANNED_RATIO), False
        against = f"{before.name}; no baseline is frozen"
    else:
        past, weights, target = baseline.observations, baseline.weights, baseline.target
        is_judged = at >= period.end and baseline.judges(period.last_day.date())
        against = f"the baseline frozen {baseline.frozen_at:%Y-%m-%d}"
    said = verdict(
        past,
        held.observations,
        bounds=bounds,
        target=target,
        strata=STRATA,
        weights=weights,
        is_judged=is_judged,
    )
    if not figures.n:
        said = Verdict(Finding.NOT_ENOUGH_DATA, "No data yet", "none has this time in the period")
    frozen = baseline.sha256 if baseline else ""
    return Tile(metric, figures, said, against, frozen, _quartiles(past))


def _quartiles(rows: Sequence[Observation]) -> tuple[float, float] | None:
    """Return between which seconds the middle half of the finished ones took."""
    done = sorted(one.point for one in rows if one.is_finished)
    if len(done) < RANKED_FROM:
        return None
    return quantile(done, 0.25), quantile(done, 0.75)


def site_lines(
    rows: Sequence[Observed], period: Period, sites: Iterable[tuple[str, str, str]]
) -> tuple[SiteLine, ...]:
    """Return one line for each ``(slug, name, path)``; what lies below counts for its site.

    What happened at no single one of them has a line of its own, so that the lines add up.
    """
    known = list(sites)
    places: dict[str, str] = {}
    held: dict[str, list[Observed]] = {}
    for row in rows:
        if row.site_path not in places:
            below = (p for _, _, p in known if f"{row.site_path}/".startswith(f"{p}/"))
            places[row.site_path] = next(below, "")
        held.setdefault(places[row.site_path], []).append(row)
    lines = [_site_line(slug, name, held.get(path, []), period) for slug, name, path in known]
    rest = _site_line("", NO_SITE, held.get("", []), period)
    if rest.count or any(one.n or one.excluded for one in rest.figures.values()):
        lines.append(rest)
    return tuple(lines)


def _site_line(slug: str, name: str, rows: Sequence[Observed], period: Period) -> SiteLine:
    held = {metric: within(rows, metric, period.holds) for metric in METRICS}
    figures = {
        metric: summarize(counted(own, metric), bounds=BOUNDS[metric])
        for metric, own in held.items()
    }
    return SiteLine(slug, name, len(held[Metric.TTR]), figures)


def ages(rows: Iterable[tuple[str, datetime]], *, at: datetime) -> tuple[Age, ...]:
    """Return how long open incidents have been open; ``rows`` are severity and declaration."""
    counts: dict[str, Counter[str]] = {label: Counter() for label, _ in AGES}
    for severity, declared_at in rows:
        label = next(label for label, limit in AGES if at - declared_at <= limit)
        counts[label][severity] += 1
    return tuple(Age(label, dict(counts[label])) for label, _ in AGES)


def restated(rows: Iterable[Observed]) -> tuple[Restated, ...]:
    """Return what is known otherwise by now than at the end of the period."""
    found = []
    for row in rows:
        for metric, was in row.earlier.items():
            now = row.durations[metric]
            if was.state is State.KNOWN and _values(was) != _values(now):
                found.append(Restated(row.reference, metric, describe(was), describe(now)))
    return tuple(found)


def lateness(rows: Iterable[Observed]) -> Lateness:
    """Count who was not contained in time: done later, or still not done."""
    late = of = 0
    for row in rows:
        took = row.durations[Metric.TTC]
        if took.counts:
            is_late = took.point > CONTAIN_WITHIN[Severity(row.severity)]
            late += is_late
            of += is_late or took.state is State.KNOWN
    return Lateness(late, of)


def pooled(lines: Iterable[SiteLine], metric: Metric) -> tuple[int, int, int]:
    """Return n, finished and excluded of all ``lines`` together: those of the level above."""
    held = [line.figures[metric] for line in lines]
    excluded = sum(sum(one.excluded.values()) for one in held)
    return sum(one.n for one in held), sum(one.finished for one in held), excluded


def _values(one: Duration) -> tuple[object, ...]:
    return one.state, one.low, one.high
