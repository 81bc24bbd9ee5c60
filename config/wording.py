"""Figures, times and durations as pages say them."""

import math
from datetime import datetime

from governance.registries import Measure, Unit

MINUS, NBSP = "\u2212", "\u00a0"
_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def count(number: int) -> str:
    """Write a count in words up to ten, then in figures."""
    return _SMALL[number] if 0 <= number < len(_SMALL) else f"{number:,}"


def figure(value: float, measure: Measure) -> str:
    """Write a value without its unit, to one decimal at most.

    It is cut towards the worse side, so that 98.96 never reads as a target of 99 met.
    """
    tenths = _cut(value, measure)
    text = f"{abs(tenths):,.1f}".removesuffix(".0")
    return f"{MINUS}{text}" if tenths < 0 else text


def points(value: float, measure: Measure) -> str:
    """Write how far ``value`` is from the target, as the two written figures differ."""
    gap = abs(_cut(value, measure) - measure.target)
    return f"{gap:,.1f}".removesuffix(".0")


def _cut(value: float, measure: Measure) -> float:
    cut = math.floor if measure.better == "higher" else math.ceil
    return cut(round(value * 10, 6)) / 10


def with_unit(value: float, measure: Measure) -> str:
    """Write a value with its unit."""
    return f"{figure(value, measure)}%"


def goal(measure: Measure) -> str:
    """Write the target: "target ≥ 99%", "target 100%", "target −50%"."""
    sign = "" if measure.unit is Unit.RATIO_CHANGE or measure.target == 100 else "≥ "
    if measure.better == "lower" and measure.unit is Unit.PERCENT:
        sign = "≤ "
    return f"target {sign}{with_unit(measure.target, measure)}"


def moment(at: datetime) -> str:
    """Write an instant: "Nov 17, 2026, 09:45 UTC"."""
    return f"{at:%b} {at.day}, {at:%Y, %H:%M} UTC"


def until(due: datetime, at: datetime) -> str:
    """Write how long until ``due``, or since it passed."""
    seconds = (due - at).total_seconds()
    if seconds < 0:
        return f"{length(-seconds)} overdue"
    return f"{length(seconds)} left"


def length(seconds: float) -> str:
    """Write a duration in its two largest fitting units: "1 h 12 min", "9 d"."""
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes}{NBSP}min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours}{NBSP}h" + (f" {minutes:02d}{NBSP}min" if minutes else "")
    return f"{hours // 24}{NBSP}d"
