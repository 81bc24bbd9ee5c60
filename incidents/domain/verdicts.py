"""The words for a comparison with the baseline, chosen by rule and never by eye."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from statistics import stdev

from incidents.domain.comparisons import Ratio, compare, needed_per_window
from incidents.domain.metrics import Bounds, Observation

MIN_EVENTS = 5
PLANNING_LOG_SD = 1.0


class Finding(IntEnum):
    """What a comparison shows, weakest first."""

    WORSE = 0
    NOT_ENOUGH_DATA = 1
    NO_CHANGE = 2
    BETTER = 3
    BETTER_TARGET_ON_ESTIMATE = 4
    TARGET_SHOWN = 5


@dataclass(frozen=True)
class Verdict:
    """A finding in words, with the interval and what it rests on.

    ``reason`` stands beside the words. A provisional one shows its interval and withholds
    the finding's words until the date fixed with the baseline.
    """

    finding: Finding
    words: str
    reason: str = ""
    ratio: Ratio | None = None
    rests_on_estimates: bool = False
    is_provisional: bool = False


def verdict(
    before: Sequence[Observation],
    now: Sequence[Observation],
    *,
    bounds: Bounds,
    target: float,
    strata: Sequence[str] = ("",),
    weights: Mapping[str, float] | None = None,
    is_judged: bool = True,
) -> Verdict:
    """Hold ``now`` against ``before`` with the target ratio ``target`` (0.5 is −50 %).

    The finding is that of the midpoints, unless the least favorable arrangement (baseline
    at its low ends, present at its high ends) is weaker: then that one is given and rests
    on estimates. That arrangement alone never makes "worse" out of "no evidence".
    ``is_judged`` is true only on the dates that were fixed with the baseline.

    Raises:
        ValueError: the target is not a ratio below 1, or a stratum is unknown.
    """
    if not 0 < target < 1:
        raise ValueError("a target ratio lies between 0 and 1")
    have = (_events(before, bounds), _events(now, bounds))
    ratio = compare(before, now, bounds=bounds, strata=strata, weights=weights)
    if min(have) < MIN_EVENTS or ratio is None:
        return _too_few(before, have, (bounds, target))
    harsh = compare(
        before,
        now,
        bounds=bounds,
        strata=strata,
        weights=weights,
        before_seconds=lambda one: one.low,
        now_seconds=lambda one: one.high,
    )
    finding, shown, rests = classify(ratio, target), ratio, False
    harshest = classify(harsh, target) if harsh else Finding.NO_CHANGE
    if harsh and harshest < finding and finding > Finding.NO_CHANGE:
        finding, shown, rests = max(harshest, Finding.NO_CHANGE), harsh, True
    reason = _reason(finding, shown, bounds, target, rests=rests)
    if not is_judged:
        return Verdict(finding, "Provisional", f"interval {_interval(shown)}", shown, rests, True)
    return Verdict(finding, _words(finding, shown), reason, shown, rests)


def classify(ratio: Ratio, target: float) -> Finding:
    """Return the first finding that holds for a ratio and its 90 % interval."""
    if ratio.low > 1:
        return Finding.WORSE
    if ratio.high <= target:
        return Finding.TARGET_SHOWN
    if ratio.high < 1:
        met = ratio.value <= target
        return Finding.BETTER_TARGET_ON_ESTIMATE if met else Finding.BETTER
    return Finding.NO_CHANGE


def percent(ratio: float) -> str:
    """Write a ratio as a change: 0.54 is "−46%", with a true minus."""
    change = round((ratio - 1) * 100)
    return f"−{-change}%" if change < 0 else f"+{change}%" if change else "0%"


def _events(rows: Sequence[Observation], bounds: Bounds) -> int:
    return sum(one.is_finished and one.point < bounds.top for one in rows)


def _too_few(
    before: Sequence[Observation], have: tuple[int, int], need_for: tuple[Bounds, float]
) -> Verdict:
    """Say what is there and what is needed; the spread is that of the baseline, if it has one."""
    bounds, target = need_for
    log_sd = PLANNING_LOG_SD
    if have[0] >= MIN_EVENTS:
        log_sd = stdev(bounds.log(one.point) for one in before if one.is_finished) or log_sd
    need = max(MIN_EVENTS, needed_per_window(log_sd, target))
    words = f"Not enough data (have {have[0]}/{have[1]}, need {need})"
    return Verdict(Finding.NOT_ENOUGH_DATA, words)


def _words(finding: Finding, ratio: Ratio) -> str:
    match finding:
        case Finding.WORSE:
            return "Worse"
        case Finding.TARGET_SHOWN:
            return "Target shown"
        case Finding.BETTER_TARGET_ON_ESTIMATE:
            return f"Better; target met on best estimate, interval {_interval(ratio)}"
        case Finding.BETTER:
            return "Better; target not shown"
        case _:
            return "No evidence of change"


def _reason(finding: Finding, ratio: Ratio, bounds: Bounds, target: float, *, rests: bool) -> str:
    said = [f"best estimate {percent(ratio.value)}, interval {_interval(ratio)}"]
    if finding is Finding.NO_CHANGE and ratio.value <= target:
        said.append("within what luck gives")
    if ratio.top < bounds.top * 0.999:
        said.append(f"followed up to {ratio.top / 86_400:.1f} d only")
    if rests:
        said.append("rests on estimates")
    return "; ".join(said)


def _interval(ratio: Ratio) -> str:
    return f"{percent(ratio.low).removesuffix('%')} to {percent(ratio.high)}"
