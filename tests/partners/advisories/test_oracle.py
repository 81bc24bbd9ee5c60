"""Over real feeds the matcher and a slow, plain reading of OSV's rule say the same."""

import json
import random
import time
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest

from partners.advisories import osv
from partners.advisories.versions import SEMVER, order_of
from partners.domain.matching import Evidence, Match, Prepared
from partners.domain.packages import Package
from tests import evidence
from tests.partners.advisories.plain_osv import COMPARE, Record, verdict
from tests.shared import shared

FEEDS = {
    "PyPI": "osv-PyPI.zip",
    "Maven": "osv-Maven-mixed-GHSA-sample.zip",
    "Go": "osv-Go.zip",
}
SAMPLE = 1_500
SEED = 20261127
Pair = tuple[str, str, int, str]
"""Ecosystem, advisory, number of the affected entry, version."""


@lru_cache(maxsize=3)
def records(ecosystem: str) -> dict[str, Record]:
    """Return the live records of a feed by id, as they stand in the file."""
    found = {}
    with zipfile.ZipFile(shared(f"feeds/{FEEDS[ecosystem]}")) as archive:
        for name in archive.namelist():
            if name.endswith(".json"):
                record = json.loads(archive.read(name))
                if not record.get("withdrawn"):
                    found[record["id"]] = record
    return found


def bounds(affected: Record) -> Iterator[str]:
    for span in affected.get("ranges") or ():
        if span["type"] != "GIT":
            for event in span["events"]:
                yield from (bound for bound in event.values() if bound not in ("0", "*"))


def pairs(ecosystem: str) -> list[Pair]:
    """Return each entry with each version that any record names for its package."""
    universe: dict[str, set[str]] = {}
    for name, those in entries(ecosystem).items():
        named = universe.setdefault(name, set())
        for key, place in those:
            affected = records(ecosystem)[key]["affected"][place]
            named.update(affected.get("versions") or ())
            named.update(bounds(affected))
    return [
        (ecosystem, key, place, version)
        for name, those in entries(ecosystem).items()
        for key, place in those
        for version in sorted(universe[name])
    ]


@lru_cache(maxsize=50_000)
def prepared(ecosystem: str, key: str, place: int) -> Prepared:
    record = {**records(ecosystem)[key]}
    record["affected"] = [record["affected"][place]]
    (affected,) = osv.parse(json.dumps(record).encode()).affected
    return Prepared(affected, order=order_of(ecosystem), semver=SEMVER)


@lru_cache(maxsize=3)
def entries(ecosystem: str) -> dict[str, list[tuple[str, int]]]:
    """Return advisory and number of every entry of a package, by its folded name."""
    found: dict[str, list[tuple[str, int]]] = {}
    for key, record in records(ecosystem).items():
        for place, affected in enumerate(record.get("affected") or ()):
            package = affected.get("package") or {}
            if package.get("ecosystem") == ecosystem:
                found.setdefault(package["name"].lower(), []).append((key, place))
    return found


@lru_cache(maxsize=50_000)
def package(ecosystem: str, name: str) -> Package[tuple[str, int]]:
    those = [(one, prepared(ecosystem, *one)) for one in entries(ecosystem)[name]]
    return Package(those, order=order_of(ecosystem))


@lru_cache(maxsize=2_000)
def hits(ecosystem: str, name: str, version: str) -> dict[tuple[str, int], Match]:
    return dict(package(ecosystem, name).hits(version))


SAYS: dict[tuple[bool, bool], Evidence | None] = {
    (False, False): None,
    (True, False): Evidence.LISTED,
    (False, True): Evidence.RANGE,
    (True, True): Evidence.BOTH,
}


def judged(pair: Pair) -> tuple[Any, tuple[bool, bool]]:
    """Return what the matcher says and what the plain rule says."""
    ecosystem, key, place, version = pair
    affected = records(ecosystem)[key]["affected"][place]
    match = hits(ecosystem, affected["package"]["name"].lower(), version).get((key, place))
    plain = verdict(version, affected, COMPARE[ecosystem])
    return (match.evidence if match else None), plain


@pytest.mark.parametrize("ecosystem", FEEDS)
def test_a_seeded_sample_agrees(ecosystem: str) -> None:
    chosen = random.Random(SEED).sample(pairs(ecosystem), SAMPLE)
    outcomes = []
    for pair in chosen:
        ours, plain = judged(pair)
        assert ours == SAYS[plain], pair
        outcomes.append(ours)
    assert None in outcomes
    assert len(set(outcomes)) > 1


def test_an_unbounded_go_range_is_marked_where_custom_ranges_hold_the_real_bounds() -> None:
    marked = 0
    for key, record in records("Go").items():
        for place, affected in enumerate(record["affected"]):
            if not affected.get("ecosystem_specific", {}).get("custom_ranges"):
                continue
            match = prepared("Go", key, place).match("999.0.0")
            if match is not None:
                assert match.is_unbounded, key
                marked += 1
    assert marked > 400


@pytest.mark.soak
def test_every_pair_of_every_feed_agrees() -> None:
    started = time.monotonic()
    figures: dict[str, int | str] = {}
    total = mismatches = 0
    for ecosystem in FEEDS:
        listed_only, examples, unlisted, count = 0, [], 0, 0
        for pair in pairs(ecosystem):
            ours, plain = judged(pair)
            count += 1
            mismatches += ours != SAYS[plain]
            _, key, place, version = pair
            affected = records(ecosystem)[key]["affected"][place]
            has_both = bool(affected.get("versions")) and any(
                span["type"] != "GIT" for span in affected.get("ranges") or ()
            )
            if has_both and plain == (True, False):
                listed_only += 1
                examples.append(f"{key} {version}")
            unlisted += has_both and plain == (False, True)
        prefix = ecosystem.lower()
        figures[f"{prefix}_pairs"] = count
        figures[f"{prefix}_listed_but_in_no_range"] = listed_only
        figures[f"{prefix}_in_a_range_but_not_listed"] = unlisted
        shown = sorted({one.partition(" ")[0] for one in examples})
        figures[f"{prefix}_inconsistent_records"] = len(shown)
        figures[f"{prefix}_first_inconsistent_records"] = ", ".join(shown[:25])
        total += count
    evidence.record(
        "osv-agreement",
        count=total,
        failures=mismatches,
        seconds=time.monotonic() - started,
        **figures,
    )
    assert not mismatches
