"""How bad an advisory is: CVSS base scores, severity bands, and which source is believed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Band(StrEnum):
    """Severity bands, as in the qualitative scale of CVSS 3.1 section 5, plus ``unrated``."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"
    UNRATED = "unrated"

    @property
    def rank(self) -> int:
        """Sort key: higher is worse; unrated sorts below every rated band."""
        return _RANK[self]


_RANK: Mapping[Band, int] = {
    Band.CRITICAL: 5,
    Band.HIGH: 4,
    Band.MEDIUM: 3,
    Band.LOW: 2,
    Band.NONE: 1,
    Band.UNRATED: 0,
}

_WORDS: Mapping[str, Band] = {
    "critical": Band.CRITICAL,
    "high": Band.HIGH,
    "important": Band.HIGH,
    "moderate": Band.MEDIUM,
    "medium": Band.MEDIUM,
    "low": Band.LOW,
    "none": Band.NONE,
}

_BASE_METRICS: Mapping[str, Mapping[str, float]] = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "PR": {"N": 0.85, "L": 0.62, "H": 0.27},
    "UI": {"N": 0.85, "R": 0.62},
    "S": {"U": 0.0, "C": 1.0},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_PRIVILEGES_ACROSS_SCOPE: Mapping[str, float] = {"N": 0.85, "L": 0.68, "H": 0.5}


class BadVector(ValueError):
    """The text is no CVSS vector of the named version."""


@dataclass(frozen=True, slots=True)
class Vector:
    """One severity entry of an advisory: ``kind`` as in OSV (``CVSS_V3``), ``text`` the vector."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Rating:
    """The effective band, the score behind it (absent for a bare word), and who said so.

    ``not_computed`` holds the vectors whose score was not derived: CVSS 4.0, whose band comes
    from the record's own word, and vectors that do not parse.
    """

    band: Band
    score: float | None
    source: str
    not_computed: tuple[str, ...] = ()


def band_of(score: float) -> Band:
    """Return the band of a CVSS 3 or 4 base score between 0.0 and 10.0."""
    if score >= 9.0:
        return Band.CRITICAL
    if score >= 7.0:
        return Band.HIGH
    if score >= 4.0:
        return Band.MEDIUM
    return Band.LOW if score > 0.0 else Band.NONE


def band_of_word(word: str | None) -> Band:
    """Return the band a severity word names (GHSA's ``MODERATE`` is medium); else unrated."""
    return _WORDS.get((word or "").strip().lower(), Band.UNRATED)


def cvss3_base_score(vector: str) -> float:
    """Return the base score of a CVSS 3.0 or 3.1 vector.

    Source: FIRST, CVSS v3.1 specification section 7.1 and appendix A (rounding up), and CVSS v3.0
    section 8. Temporal and environmental metrics may stand in the vector and are ignored.

    Raises:
        BadVector: wrong prefix, a repeated or missing base metric, or an unknown value.
    """
    prefix, *pairs = vector.strip().split("/")
    if prefix not in ("CVSS:3.0", "CVSS:3.1"):
        raise BadVector(f"prefix is neither CVSS:3.0 nor CVSS:3.1: {vector[:60]}")
    metrics: dict[str, str] = {}
    for pair in pairs:
        name, _, value = pair.partition(":")
        if name in metrics or not value:
            raise BadVector(f"metric {name[:12]} is repeated or empty")
        metrics[name] = value
    try:
        weight = {name: scale[metrics[name]] for name, scale in _BASE_METRICS.items()}
    except KeyError as missing:
        raise BadVector(f"base metric missing or unknown: {missing}") from None
    changed = metrics["S"] == "C"
    privileges = _PRIVILEGES_ACROSS_SCOPE[metrics["PR"]] if changed else weight["PR"]
    miss = 1 - (1 - weight["C"]) * (1 - weight["I"]) * (1 - weight["A"])
    across = 7.52 * (miss - 0.029) - 3.25 * (miss - 0.02) ** 15
    impact = across if changed else 6.42 * miss
    if impact <= 0:
        return 0.0
    exploitability = 8.22 * weight["AV"] * weight["AC"] * privileges * weight["UI"]
    total = (impact + exploitability) * (1.08 if changed else 1.0)
    round_up = _round_up_3_1 if prefix == "CVSS:3.1" else _round_up_3_0
    return round_up(min(total, 10.0))


def rate(vectors: Iterable[Vector], *, word: str | None = None) -> Rating:
    """Return the effective rating of an advisory: the highest band found, with its source.

    CVSS 3 vectors are computed. CVSS 4.0 vectors are not: where one stands, the record's severity
    word speaks for it, and the highest of both counts. The word alone rates an advisory that has
    no computable vector.
    """
    best: Rating | None = None
    not_computed: list[str] = []
    for vector in vectors:
        try:
            score = cvss3_base_score(vector.text)
        except BadVector:
            not_computed.append(vector.text)
            continue
        if best is None or score > (best.score or 0.0):
            best = Rating(band_of(score), score, vector.text)
    by_word = band_of_word(word)
    if by_word is not Band.UNRATED and (best is None or not_computed):
        spoken = Rating(by_word, None, f"severity word {str(word).strip().lower()!r}")
        if best is None or by_word.rank > best.band.rank:
            best = spoken
    if best is None:
        best = Rating(Band.UNRATED, None, "")
    return Rating(best.band, best.score, best.source, tuple(not_computed))


def _round_up_3_1(value: float) -> float:
    """Round up to one decimal on integers, as CVSS 3.1 appendix A prescribes."""
    scaled = round(value * 100_000)
    if scaled % 10_000 == 0:
        return scaled / 100_000
    return (scaled // 10_000 + 1) / 10


def _round_up_3_0(value: float) -> float:
    return math.ceil(value * 10) / 10
