"""From values to places on paper: nice ticks, linear and logarithmic scales, thinning."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

MAX_POINTS = 400
_STEPS = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True)
class Scale:
    """Maps [low, high] onto [start, end]; an empty range maps to the middle."""

    low: float
    high: float
    start: float
    end: float
    is_log: bool = False

    def __post_init__(self) -> None:
        """Refuse a range that no value can be placed on."""
        if not (math.isfinite(self.low) and math.isfinite(self.high)):
            raise ValueError("a scale needs finite bounds")
        if self.is_log and self.low <= 0:
            raise ValueError("a logarithmic scale holds positive values only")

    def __call__(self, value: float) -> float:
        """Return the place of ``value``; values outside are held at the edge."""
        low, width = self._range
        if width <= 0:
            return (self.start + self.end) / 2
        share = min(1.0, max(0.0, self._raw(value) / width - low / width))
        return self.start + (self.end - self.start) * share

    @cached_property
    def _range(self) -> tuple[float, float]:
        """Where the range begins, and how wide it is; the same for every value."""
        low, high = self._raw(self.low), self._raw(self.high)
        return low, high - low

    def _raw(self, value: float) -> float:
        return math.log10(max(value, self.low)) if self.is_log else value / 2


def ticks(low: float, high: float, *, count: int = 5) -> tuple[float, ...]:
    """Return about ``count`` round values (1, 2, or 5 times a power of ten) that span the range.

    The first is at most ``low`` and the last at least ``high``; a range without width gets one
    step to each side, so that a constant series has a middle.

    Raises:
        ValueError: a bound is not finite, or ``high`` is below ``low``.
    """
    if not (math.isfinite(low) and math.isfinite(high)) or high < low:
        raise ValueError("ticks need a finite range")
    width = high / 2 - low / 2
    if width <= max(abs(low), abs(high)) * 1e-9:
        width = max(abs(low), abs(high), 1.0) / 2
        low, high = low - width, high + width
    step = _step(width / max(1, count) * 2)
    first, last = math.floor(low / step), math.ceil(high / step)
    return tuple(_round(number * step, step) for number in range(first, last + 1))


def log_ticks(low: float, high: float) -> tuple[float, ...]:
    """Return the powers of ten from at most ``low`` to at least ``high``, both positive."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return tuple(10.0**power for power in range(first, max(last, first + 1) + 1))


def thin(
    values: Sequence[float | None], *, limit: int = MAX_POINTS
) -> list[tuple[int, float | None]]:
    """Return at most ``limit`` ``(position, value)``: the least and greatest of each bucket.

    Peaks survive, and a bucket without any value stays a gap.
    """
    if len(values) <= limit:
        return list(enumerate(values))
    kept: list[tuple[int, float | None]] = []
    buckets = limit // 2
    for bucket in range(buckets):
        first, end = (side * len(values) // buckets for side in (bucket, bucket + 1))
        held = [(one, at) for at, one in enumerate(values[first:end], first) if one is not None]
        if held:
            ends = {min(held), max(held)}
            kept.extend(sorted((at, one) for one, at in ends))
        else:
            kept.append((first, None))
    return kept


def place(number: float) -> str:
    """Write a coordinate with one decimal, as the templates need it: never localized."""
    text = f"{number:.1f}"
    return "0.0" if text == "-0.0" else text


def _step(raw: float) -> float:
    power = 10.0 ** math.floor(math.log10(raw))
    return next(one for one in (step * power for step in _STEPS) if one >= raw * (1 - 1e-9))


def _round(value: float, step: float) -> float:
    return round(value, max(0, 1 - math.floor(math.log10(step)))) + 0.0
