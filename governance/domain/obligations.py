"""What comes with a permit, and how the obligations of several rules become one set.

Kinds and their merging follow the vocabulary of the AuthZEN Obligations profile (draft);
those of our own travel as ``custom``. A permit of which an obligation cannot be kept is none.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What has to be done with what was permitted."""

    MASK = "mask"
    ROW_FILTER = "row_filter"
    PURPOSE = "purpose"
    RETENTION = "retention"
    EXPIRES_AT = "expires_at"
    WATERMARK = "watermark"
    STEP_UP = "step_up"
    NOTIFICATION = "notification"
    SESSION_TERMINATION = "session_termination"


class Mask(StrEnum):
    """How a column is shown; ``drop`` leaves it out."""

    PARTIAL = "partial"
    HASH = "hash"
    YEAR = "year"
    NULL = "null"
    DROP = "drop"


# What each hides at least as well as. Two that are on no line have ``null`` above them.
_WEAKER: Mapping[Mask, frozenset[Mask]] = {
    Mask.PARTIAL: frozenset(),
    Mask.HASH: frozenset(),
    Mask.YEAR: frozenset(),
    Mask.NULL: frozenset({Mask.PARTIAL, Mask.HASH, Mask.YEAR}),
    Mask.DROP: frozenset({Mask.PARTIAL, Mask.HASH, Mask.YEAR, Mask.NULL}),
}
# What each kind needs to be said, and of which type.
_NEEDED: Mapping[Kind, Mapping[str, type]] = {
    Kind.MASK: {"column": str, "fn": str},
    Kind.ROW_FILTER: {"condition": str},
    Kind.PURPOSE: {"allowed": list},
    Kind.RETENTION: {"days": int},
    Kind.EXPIRES_AT: {"at": int},
    Kind.WATERMARK: {},
    Kind.STEP_UP: {"method": str},
    Kind.NOTIFICATION: {"to": str},
    Kind.SESSION_TERMINATION: {},
}


class InvalidObligation(ValueError):
    """An obligation does not say what its kind needs."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """One duty, as a rule states it or as several give it together."""

    kind: Kind
    properties: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return it as it travels, without an id."""
        return {"type": "custom", "properties": {"kind": self.kind.value, **self.properties}}


def parse(kind: str, properties: Mapping[str, Any]) -> Obligation:
    """Return the obligation that ``kind`` and ``properties`` state.

    Raises:
        InvalidObligation: the kind is unknown, or what it needs is missing, wrong or too much.
    """
    if kind not in set(Kind):
        raise InvalidObligation(f"the kind {kind!r} is unknown")
    needed = _NEEDED[Kind(kind)]
    if set(properties) != set(needed):
        raise InvalidObligation(f"{kind} says {', '.join(needed) or 'nothing more'}")
    for name, wanted in needed.items():
        value = properties[name]
        if type(value) is not wanted or value in ("", []):
            raise InvalidObligation(f"{name} of {kind} is {wanted.__name__}")
    if kind == Kind.MASK and properties["fn"] not in set(Mask):
        raise InvalidObligation(f"the mask {properties['fn']!r} is unknown")
    if kind in (Kind.RETENTION, Kind.EXPIRES_AT) and min(properties.values()) < 0:
        raise InvalidObligation(f"{kind} is not negative")
    return Obligation(Kind(kind), dict(properties))


def read(text: str) -> tuple[Obligation, ...]:
    """Return the obligations that a rule states as JSON: ``[{"kind": "mask", ...}, ...]``.

    Raises:
        InvalidObligation: it is no such list, or one of them does not say what it needs.
    """
    if not text:
        return ()
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidObligation(f"no JSON: {error}") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InvalidObligation("not a list of objects")
    found = []
    for row in rows:
        properties = {name: value for name, value in row.items() if name != "kind"}
        found.append(parse(str(row.get("kind", "")), properties))
    return tuple(found)


def stronger(one: Mask, other: Mask) -> Mask:
    """Return what hides as much as both: the stronger, or ``null`` where neither is."""
    if one is other or other in _WEAKER[one]:
        return one
    return other if one in _WEAKER[other] else Mask.NULL


def merged(obligations: Iterable[Obligation]) -> list[Obligation] | None:
    """Return the obligations of all rules that permit, as one set in a stable order.

    Of masks the stronger holds for each column, row filters hold together, of retention and
    expiry the shorter, purposes must be allowed by each rule that names some; notices,
    watermarks and further proofs add up.

    Returns:
        None where no purpose is left: then nothing is permitted.
    """
    masks: dict[str, Mask] = {}
    least: dict[Kind, int] = {}
    purposes: set[str] | None = None
    others: set[tuple[Kind, tuple[tuple[str, Any], ...]]] = set()
    for one in obligations:
        match one.kind:
            case Kind.MASK:
                column, mask = str(one.properties["column"]), Mask(one.properties["fn"])
                masks[column] = stronger(masks[column], mask) if column in masks else mask
            case Kind.RETENTION | Kind.EXPIRES_AT:
                (value,) = one.properties.values()
                least[one.kind] = min(least.get(one.kind, value), value)
            case Kind.PURPOSE:
                allowed = set(one.properties["allowed"])
                purposes = allowed if purposes is None else purposes & allowed
            case _:
                others.add((one.kind, tuple(sorted(one.properties.items()))))
    if purposes is not None and not purposes:
        return None
    found = [Obligation(Kind.MASK, {"column": name, "fn": masks[name].value}) for name in masks]
    found += [Obligation(kind, {_least_name(kind): value}) for kind, value in least.items()]
    if purposes:
        found.append(Obligation(Kind.PURPOSE, {"allowed": sorted(purposes)}))
    found += [Obligation(kind, dict(said)) for kind, said in others]
    return sorted(found, key=lambda one: (one.kind.value, sorted(map(str, one.properties.items()))))


def _least_name(kind: Kind) -> str:
    (name,) = _NEEDED[kind]
    return name
