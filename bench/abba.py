"""Two arms in turns, A B B A: what drifts on a shared machine meets both alike."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from bench.figures import Sheet

NOISE = 0.05


@dataclass(frozen=True, slots=True)
class Compared:
    """Rates of both arms and their ratio, with the spread over the pairs."""

    a: float
    b: float
    ratio: float
    low: float
    high: float

    def note(self) -> str:
        return f"{self.low:.2f} to {self.high:.2f} over the pairs"


def compare(a: Callable[[], float], b: Callable[[], float], *, pairs: int = 6) -> Compared:
    """Return how fast ``b`` is beside ``a``; each call measures once and returns a rate."""
    a(), b()  # warm-up
    first, second = [], []
    for number in range(pairs):
        arms = [(a, first), (b, second)]
        for arm, rates in arms if number % 2 == 0 else reversed(arms):
            rates.append(arm())
    ratios = [theirs / ours for ours, theirs in zip(first, second, strict=True)]
    return Compared(
        statistics.median(first),
        statistics.median(second),
        statistics.median(ratios),
        min(ratios),
        max(ratios),
    )


def repeatable(sheet: Sheet, name: str, arm: Callable[[], float], *, tries: int = 3) -> None:
    """Compare ``arm`` with itself until both agree within 5 %, and say how far they are apart."""
    apart = 1.0
    for _ in range(tries):
        apart = abs(1 - compare(arm, arm, pairs=4).ratio)
        if apart <= NOISE:
            break
    sheet.figure(f"{name}: A/A apart", apart, "x", at_most=NOISE)
