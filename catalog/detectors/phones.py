"""Telephone numbers, judged as a column: single numbers look like too many other things."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import phonenumbers

from catalog.detectors.checks import tail

_CHARACTERS = re.compile(r"(?:\(?\+|[(0-9])[0-9 ()./\-]*(?: ?(?:x|ext\.?) ?[0-9]{1,6})?")
_FEWEST, _MOST = 6, 15
"""Digits of a subscriber's number, the most by ITU-T E.164."""
_EXTENSION = re.compile(r" ?(?:x|ext\.?) ?[0-9]+$")
_GROUPED = re.compile(r"[0-9)][ ()./\-]+[(0-9]")
_NO_DIGIT = re.compile(r"\D")
_LOOKED_AT = 60
"""Numbers parsed; each takes some 50 microseconds."""


def are_written_so(values: Sequence[str]) -> float:
    """Return the share of ``values`` that could be telephone numbers by length and characters."""
    return sum(map(_is_written_so, values)) / len(values)


def _is_written_so(value: str) -> bool:
    if not _CHARACTERS.fullmatch(value):
        return False
    digits = sum(map(str.isdigit, _EXTENSION.sub("", value)))
    return _FEWEST <= digits <= _MOST + 3 * value.startswith("00")


def signaled(values: Sequence[str]) -> float:
    """Return the share of ``values`` that say that they are dialed: ``+`` or ``00`` and country."""
    return sum(_country(value) is not None for value in values) / len(values)


def _country(value: str) -> str | None:
    """Return ``value`` with a ``+`` when it says a country, and None when it says none."""
    plain = value.lstrip("(")
    if plain.startswith("+"):
        return plain.replace("(0)", "")
    if plain.startswith("00") and not value.isdigit():
        return "+" + plain[2:].lstrip(" -")
    return None


def region(values: Sequence[str], *, share: float) -> str | None:
    """Return the one region whose numbers ``values`` are, ``001`` for numbers of many regions.

    Numbers that say their country tell the region; at least ``share`` of all must be
    possible there. None when nothing is consistent.
    """
    looked_at = values[:_LOOKED_AT]
    abroad = [plain for plain in map(_country, looked_at) if plain is not None]
    numbers = [
        number for number in (_parsed(plain, None) for plain in abroad) if number is not None
    ]
    if not numbers or len(numbers) < share * len(abroad):
        return None
    countries = Counter(number.country_code for number in numbers)
    (country, count), *_ = countries.most_common(1)
    if count < share * len(numbers):
        valid = sum(map(phonenumbers.is_valid_number, numbers))
        return "001" if valid >= share * len(looked_at) else None
    home: str = phonenumbers.region_code_for_country_code(country)
    possible = sum(_parsed(_country(value) or value, home) is not None for value in looked_at)
    return home if possible >= share * len(looked_at) else None


def national(
    values: Sequence[str], rates: Mapping[str, float], *, share: float, limit: float
) -> str | None:
    """Return the region of ``rates`` in which numbers without a country are valid beyond chance.

    ``rates`` are the shares of random digits that are valid numbers there. Only grouped
    digits are asked. Numbers that begin alike count once, because a valid area that they
    share makes all of them valid: chance is ruled out by many areas.
    """
    looked_at = values[:_LOOKED_AT]
    grouped = sum(_GROUPED.search(value) is not None for value in looked_at)
    if grouped < share * len(looked_at):
        return None
    areas = list({_NO_DIGIT.sub("", value).lstrip("0")[:3]: value for value in looked_at}.values())
    for home, rate in rates.items():
        if tail(len(areas), len(areas), rate) >= limit:
            continue
        valid = _valid(areas, home, share)
        if valid >= share * len(areas) and tail(valid, len(areas), rate) < limit:
            return home
    return None


def _valid(values: Sequence[str], home: str, share: float) -> int:
    """Return how many are valid in ``home``, or fewer once too many are not."""
    allowed = (1 - share) * len(values)
    valid = 0
    for seen, value in enumerate(values):
        number = _parsed(value, home)
        valid += number is not None and bool(phonenumbers.is_valid_number(number))
        if seen + 1 - valid > allowed:
            break
    return valid


def _parsed(value: str, home: str | None) -> Any:
    try:
        number = phonenumbers.parse(value, home)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None
