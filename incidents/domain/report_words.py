"""The sentences of a report: what a tile says, what is left out and why, what was restated."""

from collections.abc import Sequence
from datetime import datetime

from incidents.domain.clocks import words
from incidents.domain.durations import State
from incidents.domain.incidents import Kind
from incidents.domain.metrics import P90_FROM, Summary
from incidents.domain.reports import Age, Lateness, SiteLine, Tile
from incidents.domain.spans import Period

_LEFT_OUT = {
    State.BLANK: "not answered yet",
    State.UNKNOWN: "unknown",
    State.NEVER: "never happened",
    State.NOT_APPLICABLE: "not applicable",
    State.REVERSED: "times contradict each other",
}


def lede(
    kind: Kind, period: Period, scope: str, count: int, ages: Sequence[Age], *, at: datetime
) -> str:
    """Write the one sentence with which the report begins."""
    what = "drill" if kind is Kind.DRILL else "live incident"
    many = f"{count or 'No'} {what}{'' if count == 1 else 's'}"
    verb = "was" if count == 1 else "were"
    still = sum(age.total for age in ages)
    ended = "" if at >= period.end else " so far"
    open_now = f"{still or 'none'} {'is' if still == 1 or not still else 'are'} open now"
    return f"{many} {verb} detected in {period.name}{ended}, {scope}; {open_now}."


def value(figures: Summary) -> str:
    """Write the figure of a tile: the median of the finished ones."""
    return words(figures.median) if figures.median is not None else ""


def figures_line(figures: Summary) -> str:
    """Write what stands beside the median: 90th percentile, geometric mean, survival median."""
    said = []
    if figures.p90 is not None:
        said.append(f"9 of 10 within {words(figures.p90)}")
    elif figures.finished:
        said.append(f"90th percentile from {P90_FROM} on")
    if figures.geometric_mean is not None:
        said.append(f"geometric mean {words(figures.geometric_mean)}")
    if figures.running and figures.survival_median is not None:
        said.append(f"median with open ones {words(figures.survival_median)}")
    return "; ".join(said)


def basis(figures: Summary) -> str:
    """Write how many count, how many of them still run, and how many do not count and why."""
    said = [f"n = {figures.n}"]
    if figures.running:
        said.append(f"{figures.running} still running, counted as such")
    if figures.share_estimated:
        said.append(f"{figures.share_estimated:.0%} estimated")
    if figures.excluded:
        left = ", ".join(
            f"{count} {_LEFT_OUT[state]}" for state, count in sorted(figures.excluded.items())
        )
        said.append(f"left out: {left}")
    return "; ".join(said)


def verdict_line(tile: Tile) -> str:
    """Write the reason of a verdict and what it is held against."""
    reason = tile.said.reason
    said = [reason] if reason else []
    if tile.summary.n:
        said.append(f"against {tile.against}")
    return "; ".join(said)


def site_figure(line: SiteLine, tile: Tile, ranked_from: int) -> str:
    """Write a site's median of a metric, or how few there are."""
    figures = line.figures[tile.metric]
    if figures.finished < ranked_from or figures.median is None:
        return f"n = {figures.n}, no figure"
    return f"{words(figures.median)} (n = {figures.n})"


def late(found: Lateness) -> str:
    """Write how many were not contained in the time of their severity."""
    if not found.of:
        return "No incident of the period has reached its time to contain."
    share = f"{found.late} of {found.of}"
    return f"{share} were not contained within the time of their severity."
