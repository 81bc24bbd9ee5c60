"""How the values of a column look, before anything costly is asked of them."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from catalog.detectors.checks import is_gtin

MOST = 200
"""Distinct values that are looked at."""
_LONGEST = 4_000
_ALPHABET = str.maketrans(
    {chr(code): "9" for code in range(ord("0"), ord("9") + 1)}
    | {chr(code): "A" for code in range(ord("A"), ord("Z") + 1)}
    | {chr(code): "a" for code in range(ord("a"), ord("z") + 1)}
)

_SCIENTIFIC = re.compile(r"-?9([.,]9+)?[EeAa][+-]?99?9?")
_DECIMAL = re.compile(r"[+-]?9+[.,]9+( ?[Aa%°µ/]{1,4})?|[+-]?9{1,3}([.,]999)+([.,]9+)?")
_VERSION = re.compile(r"[Aa]?9{1,3}(\.9{1,5}){1,3}([-+].*)?")
_GLUED = re.compile(r"[Aa]9|9[Aa]")
_DIGITS = re.compile(r"9+")
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_SHAPES_OF_DATES = re.compile(
    r"9999-99?-99?([T ].*)?|9999/99/99|99?[./-]99?[./-]9999( .*)?|99\.99\.99|99?-Aaa-99(99)?"
)

_ALL_IP_OCTETS_SMALL = 100
_EPOCH_SECONDS = range(631_152_000, 2_524_608_000)
"""From 1990 to 2050; a plant's clocks tell no other time."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The distinct values of a column, their shapes, and what their shapes rule out."""

    values: tuple[str, ...]
    shapes: Counter[str]
    """Shape (9 a digit, A and a letters, the rest as it stands) to number of values."""
    shape_of: dict[str, str]
    facts: frozenset[str]
    """Vetoes that hold: scientific, decimal, date, version, gtin, counter, epoch, glued."""

    def share(self, pattern: re.Pattern[str]) -> float:
        """Return the share of values whose shape is ``pattern``."""
        found = sum(n for shape, n in self.shapes.items() if pattern.fullmatch(shape))
        return found / len(self.values)


def profile(values: Iterable[str]) -> Profile | None:
    """Return the profile of at most ``MOST`` distinct values, None when there is none."""
    distinct: dict[str, str] = {}
    for value in values:
        plain = value.strip().lstrip("\ufeff")[:_LONGEST]
        if plain and plain not in distinct:
            distinct[plain] = plain.translate(_ALPHABET)
            if len(distinct) == MOST:
                break
    if not distinct:
        return None
    kept = tuple(distinct)
    shapes = Counter(distinct.values())
    return Profile(kept, shapes, distinct, frozenset(_facts(kept, shapes)))


def _facts(values: tuple[str, ...], shapes: Counter[str]) -> Iterable[str]:
    total = len(values)

    def share(pattern: re.Pattern[str]) -> float:
        return sum(n for shape, n in shapes.items() if pattern.fullmatch(shape)) / total

    if share(_SCIENTIFIC) >= 0.2:
        yield "scientific"
    if share(_DECIMAL) >= 0.8:
        yield "decimal"
    if share(_SHAPES_OF_DATES) >= 0.8:
        yield "date"
    if share(_VERSION) >= 0.8 and _are_small(values):
        yield "version"
    if sum(n for shape, n in shapes.items() if _GLUED.search(shape)) >= 0.5 * total:
        yield "glued"
    if share(_DIGITS) >= 0.8:
        yield from _facts_of_numbers(
            [value for value in values if value.isascii() and value.isdigit()]
        )


def _facts_of_numbers(numbers: list[str]) -> Iterable[str]:
    if sum(map(is_gtin, numbers)) >= 0.8 * len(numbers):
        yield "gtin"
    if sum(len(number) == 8 and _date(number) is not None for number in numbers) >= 0.95 * len(
        numbers
    ):
        yield "date"
    whole = [int(number[:19]) for number in numbers]
    if max(whole) - min(whole) < 50 * len(whole):
        yield "counter"
    seconds = [n // 1000 if n > 10**12 else n for n in whole]
    if sum(n in _EPOCH_SECONDS for n in seconds) >= 0.95 * len(seconds):
        yield "epoch"


def _are_small(values: tuple[str, ...]) -> bool:
    """Whether dotted numbers count versions: addresses use their whole range of 0 to 255."""
    large = 0
    for value in values:
        parts = re.findall(r"\d+", value)
        large += any(int(part) >= _ALL_IP_OCTETS_SMALL for part in parts[:4])
    return large < 0.25 * len(values)


def dates(values: Iterable[str]) -> tuple[list[date], bool]:
    """Return the dates that ``values`` write and whether any tells a time of day."""
    found: list[date] = []
    has_time = False
    for value in values:
        parsed = _date(value)
        if parsed is not None:
            found.append(parsed.date())
            has_time |= (parsed.hour, parsed.minute, parsed.second) != (0, 0, 0)
    return found, has_time


def _date(value: str) -> datetime | None:
    """Return a date written year first, or day or month first; only its year must be sure."""
    try:
        return datetime.fromisoformat(value.replace("/", "-", 2)).replace(tzinfo=None)
    except ValueError:
        parts = _DAY_FIRST.match(value)
    if parts is None:
        return None
    first, second, year = (int(part) for part in parts.groups())
    try:
        return datetime(year, *((second, first) if second <= 12 else (first, second)))  # noqa: DTZ001
    except ValueError:
        return None
