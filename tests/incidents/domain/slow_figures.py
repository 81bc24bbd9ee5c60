"""A slow second opinion on the figures of a window, by their textbook definitions."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Figures:
    """What a summary prints, in seconds."""

    n: int
    finished: int
    excluded: dict[str, int]
    median: float | None = None
    p90: float | None = None
    geometric_mean: float | None = None
    survival_median: float | None = None


def figures(found: Sequence[tuple[str, int, int]], *, floor: float, top: float) -> Figures:
    """Return the figures of durations as ``slow_clocks.took`` tells them."""
    held = [((low + high) / 2, state == "known") for state, low, high in found if counts(state)]
    done = sorted(point for point, is_done in held if is_done)
    left = dict(Counter(state for state, _, _ in found if not counts(state)))
    return Figures(
        n=len(held),
        finished=len(done),
        excluded=left,
        median=_middle(done),
        p90=_ninetieth(done),
        geometric_mean=_mean(held, floor, top) if done else None,
        survival_median=_half(held),
    )


def counts(state: str) -> bool:
    return state in ("known", "running")


def _middle(done: list[float]) -> float | None:
    if not done:
        return None
    return (done[(len(done) - 1) // 2] + done[len(done) // 2]) / 2


def _ninetieth(done: list[float]) -> float | None:
    if len(done) < 10:
        return None
    place = 9 * (len(done) - 1)
    low, tenths = divmod(place, 10)
    return done[low] + (done[min(low + 1, len(done) - 1)] - done[low]) * tenths / 10


def surviving(held: Sequence[tuple[float, bool]], at: float) -> float:
    """Return the share that lasts longer than ``at``: Kaplan and Meier's product, from scratch."""
    left = 1.0
    for moment in {point for point, is_done in held if is_done and point <= at}:
        at_risk = sum(point >= moment for point, _ in held)
        died = sum(point == moment and is_done for point, is_done in held)
        left *= (at_risk - died) / at_risk
    return left


def _half(held: Sequence[tuple[float, bool]]) -> float | None:
    for point in sorted({point for point, is_done in held if is_done}):
        if surviving(held, point) <= 0.5 + 1e-9:
            return point
    return None


def _mean(held: Sequence[tuple[float, bool]], floor: float, top: float) -> float:
    """Return floor times e to the area under the curve of the logarithms."""
    edge = math.log(top / floor)
    logs = [(min(max(0.0, math.log(max(one, floor) / floor)), edge), done) for one, done in held]
    steps = sorted({0.0, edge, *(one for one, _ in logs)})
    area = 0.0
    for left, right in pairwise(steps):
        area += (right - left) * surviving(logs, left)
    return floor * math.exp(area)
