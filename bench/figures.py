"""One line per figure with its target, and the whole sheet as evidence."""

import time
from collections.abc import Callable

from tests import evidence

Figures = dict[str, int | float | str]


class Sheet:
    """The figures of one claim. A missed target is said, not failed: machines differ."""

    def __init__(self, claim: str, *, seed: int | None = None) -> None:
        self._claim = claim
        self._seed = seed
        self._begun = time.monotonic()
        self._figures: Figures = {}
        self._judged = 0
        self._missed = 0

    def figure(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        at_most: float | None = None,
        at_least: float | None = None,
        note: str = "",
    ) -> None:
        """Print ``value`` beside its target, if it has one."""
        target = ""
        if at_most is not None or at_least is not None:
            good = value <= at_most if at_most is not None else value >= (at_least or 0)
            limit = f"<= {at_most:g}" if at_most is not None else f">= {at_least:g}"
            target = f"target {limit} {unit}: {'met' if good else 'MISSED'}"
            self._judged += 1
            self._missed += not good
        print(f"  {name:<52} {value:>10.3f} {unit:<9} {target}  {note}".rstrip(), flush=True)
        self._figures[f"{name} [{unit}]"] = round(value, 4)

    def close(self) -> None:
        """Write the evidence."""
        path = evidence.record(
            self._claim,
            count=self._judged,
            failures=self._missed,
            seconds=time.monotonic() - self._begun,
            seed=self._seed,
            **self._figures,
        )
        print(
            f"  {self._missed} of {self._judged} targets missed; {path.relative_to(evidence.ROOT)}"
        )


def cpu_microseconds(work: Callable[[], object], *, times: int, rounds: int = 5) -> float:
    """Return the CPU time of one call: the best of ``rounds``, since disturbance only adds."""
    work()
    best = float("inf")
    for _ in range(rounds):
        begun = time.process_time()
        for _ in range(times):
            work()
        best = min(best, time.process_time() - begun)
    return best / times * 1e6


def wall_microseconds(work: Callable[[], object], *, times: int, rounds: int = 3) -> float:
    """Return the elapsed time of one call, the best of ``rounds``."""
    work()
    best = float("inf")
    for _ in range(rounds):
        begun = time.perf_counter()
        for _ in range(times):
            work()
        best = min(best, time.perf_counter() - begun)
    return best / times * 1e6
