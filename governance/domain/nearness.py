"""Names near one that was mistyped."""

from collections.abc import Iterable
from difflib import SequenceMatcher

LIKENESS = 0.6
"""Below this share of common letters nothing is offered: chance makes it."""


def nearest(word: str, names: Iterable[str], *, most: int = 3) -> list[str]:
    """Return up to ``most`` of ``names`` that ``word`` may have meant, the likeliest first.

    The last part of a dotted name counts on its own, so ``operator`` finds ``mes.operator``; where
    nothing is alike, names of the same schema are offered.
    """
    wanted = word.casefold()
    found = sorted(
        ((_likeness(wanted, name.casefold()), name) for name in set(names)),
        key=lambda one: (-one[0], one[1]),
    )
    near = [name for likeness, name in found if likeness >= LIKENESS]
    schema = wanted.rpartition(".")[0]
    if not near and schema:
        near = [name for _, name in found if name.casefold().rpartition(".")[0] == schema]
    return near[:most]


def _likeness(wanted: str, name: str) -> float:
    tail, own = wanted.rpartition(".")[2], name.rpartition(".")[2]
    if tail == own:
        return 1.0 if wanted != name else 2.0
    return max(_share(wanted, name), _share(tail, own))


def _share(left: str, right: str) -> float:
    if not left or not right:
        return 0.0
    matcher = SequenceMatcher(None, left, right)
    # Both are bounds from above: most names are told apart without the slow count.
    if matcher.real_quick_ratio() < LIKENESS or matcher.quick_ratio() < LIKENESS:
        return 0.0
    return matcher.ratio()


def offered(names: list[str]) -> str:
    """Return the question whether one of ``names`` was meant; empty where there is none."""
    if not names:
        return ""
    *most, last = names
    return f"; did you mean {', '.join(most)} or {last}?" if most else f"; did you mean {last}?"
