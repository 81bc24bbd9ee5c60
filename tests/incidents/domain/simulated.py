"""Simulated windows of incidents whose truth is known, and how often the verdict says what."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

from incidents.domain.metrics import Bounds, Observation
from incidents.domain.verdicts import Finding, verdict

BOUNDS = Bounds(60, 90 * 86_400)
MEDIAN = math.log(5 * 3_600)
STILL_OPEN = 0.09
Shape = Callable[[random.Random], float]


def normal(source: random.Random) -> float:
    return source.gauss(0, 1)


def heavy(source: random.Random) -> float:
    """Student's t with four degrees of freedom, scaled to a spread of 1."""
    chi = sum(source.gauss(0, 1) ** 2 for _ in range(4))
    return source.gauss(0, 1) / math.sqrt(chi / 4) / math.sqrt(2)


def skewed(source: random.Random) -> float:
    """A gamma of shape 2, centered, scaled to a spread of 1."""
    return (source.gammavariate(2, 1) - 2) / math.sqrt(2)


SHAPES: dict[str, Shape] = {"normal": normal, "heavy": heavy, "skewed": skewed}


@dataclass(frozen=True)
class World:
    """What is true: how many incidents, how far spread, how much faster now, how many open."""

    n: int
    log_sd: float = 1.0
    ratio: float = 1.0
    shape: str = "normal"
    is_cut: bool = False
    target: float = 0.5


@dataclass
class Tally:
    """How often what was said, over ``runs`` comparisons."""

    runs: int = 0
    shown: int = 0
    better: int = 0
    covered: int = 0

    def add(self, other: "Tally") -> None:
        """Take in the counts of another."""
        for name in ("runs", "shown", "better", "covered"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def run(world: World, runs: int, source: random.Random) -> Tally:
    """Compare ``runs`` pairs of windows of ``world``."""
    tally = Tally()
    for _ in range(runs):
        before = _window(world, 1.0, source)
        now = _window(world, world.ratio, source)
        said = verdict(before, now, bounds=BOUNDS, target=world.target)
        tally.runs += 1
        if said.ratio is None:
            continue
        tally.shown += said.finding is Finding.TARGET_SHOWN
        tally.better += said.finding > Finding.NO_CHANGE
        tally.covered += said.ratio.low <= world.ratio <= said.ratio.high
    return tally


def _window(world: World, scale: float, source: random.Random) -> list[Observation]:
    """Draw one window; with a cut the slowest are still open, after a like time in both."""
    rows = []
    draw = SHAPES[world.shape]
    edge = MEDIAN + world.log_sd * NormalDist().inv_cdf(1 - STILL_OPEN)
    for _ in range(world.n):
        lasting = MEDIAN + math.log(scale) + world.log_sd * draw(source)
        is_open = world.is_cut and lasting > edge
        seconds = math.exp(min(lasting, edge) if is_open else lasting)
        rows.append(Observation(seconds, seconds, not is_open))
    return rows


def upper_bound(hits: int, runs: int) -> float:
    """Return Wilson's one-sided 95 % upper bound of a share."""
    z, share = 1.6449, hits / runs
    middle = share + z * z / (2 * runs)
    reach = z * math.sqrt(share * (1 - share) / runs + z * z / (4 * runs * runs))
    return (middle + reach) / (1 + z * z / runs)
