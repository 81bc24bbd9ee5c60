"""The keys by which data and threats are told apart: schemes, form, parents, successors."""

import re
from collections.abc import Collection
from enum import StrEnum

from catalog.domain.labels import PERSONAL, closure, floor

KEY = r"^[a-z0-9_]+(\.[a-z0-9_]+)*$"
"""Form of a key, for Python and for PostgreSQL."""
OWN = r"(^|\.)x\."
"""Own additions stand under an ``x``: ``x.recipe``, or ``user.x.badge`` below a shipped key."""
MAX_KEY = 80


class Scheme(StrEnum):
    """What a key tells apart."""

    DATA_CATEGORY = "data_category"
    DATA_USE = "data_use"
    DATA_SUBJECT = "data_subject"
    ASSET_TYPE = "asset_type"
    TECHNIQUE = "technique"
    MITIGATION = "mitigation"
    THREAT_FAMILY = "threat_family"

    @property
    def heading(self) -> str:
        """The scheme as pages head it."""
        return _TITLES[self]


_TITLES = {
    Scheme.DATA_CATEGORY: "Data categories",
    Scheme.DATA_USE: "Data uses",
    Scheme.DATA_SUBJECT: "Data subjects",
    Scheme.ASSET_TYPE: "Asset types",
    Scheme.TECHNIQUE: "Techniques",
    Scheme.MITIGATION: "Mitigations",
    Scheme.THREAT_FAMILY: "Threat families",
}

FIXED = frozenset({Scheme.ASSET_TYPE})
"""Schemes whose keys are kinds of assets: nothing is added to them or retired from them here."""


class Origin(StrEnum):
    """Who made a key."""

    FIDES = "fides"
    ATTACK_ICS = "attack_ics"
    WARDROOM = "wardroom"
    OWN = "own"

    @property
    def heading(self) -> str:
        """The maker as pages name it."""
        return {
            Origin.FIDES: "Fides",
            Origin.ATTACK_ICS: "MITRE ATT&CK for ICS",
            Origin.WARDROOM: "shipped",
            Origin.OWN: "own addition",
        }[self]


def is_key(text: str) -> bool:
    """Return whether ``text`` has the form of a key."""
    return len(text) <= MAX_KEY and re.fullmatch(KEY.strip("^$"), text) is not None


def is_own(key: str) -> bool:
    """Return whether ``key`` has the form of an own addition."""
    return is_key(key) and re.search(OWN, key) is not None


def parent_of(key: str, known: Collection[str]) -> str:
    """Return the longest of the ``known`` keys that ``key`` stands below; empty at the top."""
    parts = key.split(".")
    above = (".".join(parts[:depth]) for depth in range(len(parts) - 1, 0, -1))
    return next((one for one in above if one in known), "")


def protects_as(old: str, new: str) -> bool:
    """Return whether data of category ``new`` are protected at least as those of ``old``.

    Else retiring a key would declassify, by one person and without an end.
    """
    stays_personal = PERSONAL not in closure([old]) or PERSONAL in closure([new])
    return stays_personal and floor([new]) >= floor([old])
