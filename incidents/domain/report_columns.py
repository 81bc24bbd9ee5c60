"""Which durations stand in which column of a strip plot."""

from collections.abc import Iterable
from dataclasses import dataclass

from incidents.domain.durations import Metric, State
from incidents.domain.incidents import Severity
from incidents.domain.metrics import BOUNDS
from incidents.domain.observed import Observed
from incidents.domain.reports import NO_SITE, RANKED_FROM, SiteLine

_MINUTE, _HOUR, _DAY = 60.0, 3_600.0, 86_400.0
MARKS = (
    1.0, _MINUTE, 10 * _MINUTE, _HOUR, 6 * _HOUR,
    *(_DAY * days for days in (1, 7, 30, 90, 365, 3_650)),
)  # fmt: skip
"""Where the scale of durations has its ticks, in seconds."""


@dataclass(frozen=True, slots=True)
class Dots:
    """Seconds of finished and of running incidents; the median of the finished from five on."""

    label: str
    done: tuple[float, ...]
    running: tuple[float, ...]
    middle: float | None


def by_severity(rows: Iterable[Observed], metric: Metric) -> list[Dots]:
    """Return a column for each severity."""
    held = list(rows)
    return [
        _dots(one.value, [row for row in held if row.severity == one.value], metric)
        for one in Severity
    ]


def by_site(rows: Iterable[Observed], lines: Iterable[SiteLine], metric: Metric) -> list[Dots]:
    """Return a column for each site that has incidents, in the order of ``lines``."""
    known = list(lines)
    places: dict[str, SiteLine | None] = {}
    held: dict[str, list[Observed]] = {}
    for row in rows:
        if row.site_path not in places:
            places[row.site_path] = next((one for one in known if _is_at(row, one)), None)
        line = places[row.site_path]
        if line is not None:
            held.setdefault(line.slug, []).append(row)
    return [_dots(one.name, held[one.slug], metric) for one in known if one.slug in held]


def _is_at(row: Observed, line: SiteLine) -> bool:
    return line.name == NO_SITE or f"/{line.slug}/" in f"/{row.site_path}/"


def _dots(label: str, rows: Iterable[Observed], metric: Metric) -> Dots:
    held = [row.durations[metric] for row in rows]
    floor = BOUNDS[metric].floor
    seconds = [(one.state, max(floor, one.point.total_seconds())) for one in held]
    done = sorted(value for state, value in seconds if state is State.KNOWN)
    running = tuple(value for state, value in seconds if state is State.RUNNING)
    half = len(done) // 2
    middle = (done[half] + done[-half - 1]) / 2 if len(done) >= RANKED_FROM else None
    return Dots(label, tuple(done), running, middle)


def band(held: tuple[float, float] | None, metric: Metric) -> tuple[float, float] | None:
    """Return a band as a logarithmic scale can hold it."""
    floor = BOUNDS[metric].floor
    return None if held is None else (max(floor, held[0]), max(floor, held[1]))


def marks(columns: Iterable[Dots], shown: tuple[float, float] | None) -> tuple[float, ...]:
    """Return the ticks that span all values, at least two of them."""
    every = [one for column in columns for one in (*column.done, *column.running)]
    every += shown or ()
    low, high = min(every, default=_MINUTE), max(every, default=_DAY)
    first = max(place for place, one in enumerate(MARKS) if one <= low)
    last = min((place for place, one in enumerate(MARKS) if one >= high), default=len(MARKS) - 1)
    return MARKS[first : max(last, first + 1) + 1]
