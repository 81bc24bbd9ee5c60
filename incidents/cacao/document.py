"""Strict JSON: UTF-8, no duplicate keys, no NaN, bounded size and depth."""

import json
from decimal import Decimal
from typing import Any, NoReturn

from incidents.cacao.faults import Invalid, join

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 64


class _Object(dict[str, Any]):
    """A JSON object that remembers a key it was given twice."""

    repeated: str | None = None


def load(data: bytes) -> dict[str, Any]:
    """Return the JSON object that ``data`` holds; numbers stay exact.

    Raises:
        Invalid: not UTF-8, not JSON, not an object, a key twice, too large or too deep.
    """
    if len(data) > MAX_BYTES:
        raise Invalid("size", "", f"larger than {MAX_BYTES // 1024**2} MiB")
    try:
        found = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=Decimal,
            parse_constant=_no_constant,
        )
    except UnicodeDecodeError as error:
        raise Invalid("json", "", f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise Invalid("json", "", f"not JSON: {error.msg} at {place}") from None
    except RecursionError:
        raise Invalid("depth", "", f"nested deeper than {MAX_DEPTH} levels") from None
    except ValueError as error:
        raise Invalid("json", "", f"not JSON: {error}") from None
    if not isinstance(found, dict):
        raise Invalid("object", "", "a playbook is a JSON object")
    _check(found)
    return found


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    held = _Object()
    for key, value in pairs:
        if key in held and held.repeated is None:
            held.repeated = key
        held[key] = value
    return held


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _check(found: dict[str, Any]) -> None:
    stack: list[tuple[tuple[str | int, ...], Any]] = [((), found)]
    while stack:
        path, value = stack.pop()
        if len(path) > MAX_DEPTH:
            raise Invalid("depth", join(*path), f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(value, _Object):
            if value.repeated is not None:
                raise Invalid("duplicate-key", join(*path, value.repeated), "the key stands twice")
            stack.extend(((*path, key), one) for key, one in value.items())
        elif isinstance(value, list):
            stack.extend(((*path, place), one) for place, one in enumerate(value))
