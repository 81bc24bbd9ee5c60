"""Reads ``terms.json``: keys and facts of Fides and MITRE ATT&CK for ICS, descriptions of ours."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog.domain.taxonomy import Origin, Scheme, is_key

TERMS = Path(__file__).with_name("terms.json")


@dataclass(frozen=True, slots=True)
class Shipped:
    """One term of the file; ``successor`` names the key in its place once it has ended."""

    scheme: Scheme
    key: str
    label: str
    description: str
    reference: str
    """The number that its maker gave it, as T0800; empty without one."""
    origin: Origin
    successor: str


def read(body: bytes) -> Sequence[Shipped]:
    """Return the terms of ``body`` in its order.

    Raises:
        ValueError: it is no such file, names a key twice, or a successor that is not there.
    """
    terms = [
        _term(Scheme(group["scheme"]), Origin(group["origin"]), row)
        for group in json.loads(body)["groups"]
        for row in group["terms"]
    ]
    live = {(one.scheme, one.key): not one.successor for one in terms}
    if len(live) < len(terms):
        raise ValueError("a key stands twice in its scheme")
    for one in terms:
        if one.successor and not live.get((one.scheme, one.successor)):
            raise ValueError(f"{one.key}: {one.successor} cannot succeed it")
    return terms


def terms() -> Sequence[Shipped]:
    """Return the terms of the file that ships with the product."""
    return read(TERMS.read_bytes())


def _term(scheme: Scheme, origin: Origin, row: dict[str, Any]) -> Shipped:
    if not is_key(row["key"]):
        raise ValueError(f"not a key: {row['key']!r}")
    return Shipped(
        scheme,
        row["key"],
        row["label"],
        row.get("description", ""),
        row.get("reference", ""),
        origin,
        row.get("successor", ""),
    )
