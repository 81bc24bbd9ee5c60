"""The real union of components against real feeds, compared with a slow plain reading of OSV."""

import random
import re

from packaging.version import InvalidVersion, Version

from partners.advisories import osv
from partners.advisories.versions import SEMVER, compare, order_of
from partners.domain.advisories import Advisory, EventKind, RangeKind
from partners.domain.components import ComponentIdentity, parse_purl
from partners.domain.matching import Evidence, Prepared
from partners.sbom.reader import read_file
from tests.builders.advisories import Hit, Index
from tests.shared import shared

SAMPLE = 80


def feed(name: str) -> list[Advisory]:
    return list(osv.read(shared(f"feeds/{name}.zip"), on_defect=lambda defect: None))


def plain_pypi(advisories: list[Advisory], component: ComponentIdentity) -> set[str]:
    """Read every advisory again for one component, with nothing prepared and nothing shared."""
    found = set()
    for advisory in advisories:
        if advisory.withdrawn_at is not None:
            continue
        for affected in advisory.affected:
            name = re.sub(r"[-_.]+", "-", affected.name).lower()
            if affected.ecosystem == "PyPI" and name == component.name:
                listed = any(same(one, component.version) for one in affected.versions)
                spans = [span for span in affected.ranges if span.kind is not RangeKind.GIT]
                if listed or any(inside(span.events, component.version) for span in spans):
                    found.add(advisory.id)
    return found


def same(left: str, right: str) -> bool:
    try:
        return Version(left) == Version(right)
    except InvalidVersion:
        return left == right


def inside(events, version: str) -> bool:
    try:
        here = Version(version)
        points = [
            (
                None
                if (one.kind, one.version) == (EventKind.INTRODUCED, "0")
                else Version(one.version),
                one.kind,
            )
            for one in events
        ]
    except InvalidVersion:
        return False
    starts = [at for at, kind in points if kind is EventKind.INTRODUCED]
    ends = [
        (at, kind) for at, kind in points if at is not None and kind is not EventKind.INTRODUCED
    ]
    for start in starts:
        if start is not None and start > here:
            continue
        ended = any(
            (start is None or at > start) and (at <= here if kind is EventKind.FIXED else at < here)
            for at, kind in ends
        )
        if not ended:
            return True
    return False


def test_the_union_against_the_pypi_feed_agrees_with_a_plain_reading() -> None:
    advisories = feed("osv-PyPI")
    index = Index(advisories)
    document = read_file(shared("sbom/union-real-components.cdx.json"))
    components = [one.identity for one in document.components if one.identity.type == "pypi"]
    assert len(components) > 300
    matched = 0
    for component in components:
        ours = {hit.advisory.id for hit in index.hits(component)}
        assert ours == plain_pypi(advisories, component), component
        matched += bool(ours)
    assert matched == 15  # of 309; the rest are current or have no advisory


def test_a_seeded_sample_of_advisory_and_version_pairs_agrees_with_a_plain_reading() -> None:
    advisories = feed("osv-PyPI")
    index = Index(advisories)
    pairs = [
        (affected.name, version)
        for advisory in advisories
        for affected in advisory.affected
        for version in affected.versions
    ]
    for name, version in random.Random(20261122).sample(pairs, SAMPLE):
        component = ComponentIdentity("pypi", "", re.sub(r"[-_.]+", "-", name).lower(), version)
        ours = {hit.advisory.id for hit in index.hits(component)}
        assert ours == plain_pypi(advisories, component), (name, version)


def test_every_listed_version_of_every_feed_is_found() -> None:
    pairs = 0
    for name in ("osv-PyPI", "osv-Maven-mixed-GHSA-sample"):
        for advisory in feed(name):
            for affected in advisory.affected:
                order = order_of(affected.ecosystem)
                prepared = Prepared(affected, order=order, semver=SEMVER)
                for version in affected.versions:
                    match = prepared.match(version)
                    assert match is not None, (advisory.id, version)
                    assert match.evidence in (Evidence.LISTED, Evidence.BOTH)
                    pairs += 1
    assert pairs > 150_000


def a_component(ecosystem: str, name: str, version: str) -> ComponentIdentity:
    if ecosystem == "Maven":
        group, _, artifact = name.partition(":")
        return ComponentIdentity("maven", group, artifact, version)
    return ComponentIdentity("pypi", "", re.sub(r"[-_.]+", "-", name).lower(), version)


def hits(index: Index, purl: str) -> dict[str, Hit]:
    return {hit.advisory.id: hit for hit in index.hits(parse_purl(purl))}


def test_a_known_maven_advisory_ends_where_each_branch_was_fixed() -> None:
    index = Index(feed("osv-Maven-mixed-GHSA-sample"))
    package, advisory = (
        "pkg:maven/com.fasterxml.jackson.core/jackson-databind",
        "GHSA-57j2-w4cx-62h2",
    )
    found = hits(index, f"{package}@2.13.2")  # CVE-2020-36518
    assert found[advisory].fixed_versions == ("2.13.2.1",)
    assert advisory in hits(index, f"{package}@2.12.6")
    for fixed in ("2.13.2.1", "2.12.6.1", "2.14.0"):
        assert advisory not in hits(index, f"{package}@{fixed}")


def test_go_ranges_without_an_upper_end_are_marked() -> None:
    advisories = feed("osv-Go")
    index = Index(advisories)
    open_ended = next(
        affected
        for advisory in advisories
        if advisory.withdrawn_at is None
        for affected in advisory.affected
        for span in affected.ranges
        if [event.kind for event in span.events] == [EventKind.INTRODUCED]
    )
    namespace, _, name = open_ended.name.rpartition("/")
    component = ComponentIdentity("golang", namespace, name, "v999.0.0")
    assert any(hit.match.is_unbounded for hit in index.hits(component))


def test_withdrawn_advisories_match_nothing() -> None:
    withdrawn = [one for one in feed("osv-PyPI") if one.withdrawn_at is not None]
    index = Index(withdrawn)
    for advisory in withdrawn:
        for affected in advisory.affected:
            for version in affected.versions[:3]:
                assert index.hits(a_component("PyPI", affected.name, version)) == []
    assert len(withdrawn) == 10


def test_bounds_that_cannot_be_ordered_are_reported_with_their_advisory() -> None:
    assert [(ref, one.version) for ref, one in Index(feed("osv-PyPI")).defects] == [
        ("PYSEC-2021-371", "0.2.0-n653"),
        ("PYSEC-2019-125", "2019-09-12"),
    ]


def test_versions_compare_within_their_ecosystem_only() -> None:
    assert compare("PyPI", "1.0", "1.0.0") == 0
    assert compare("Maven", "1.0-RC1", "1.0") == -1
    assert compare("Go", "v1.10.0", "v1.9.0") == 1
    assert compare("Debian:12", "1.0~rc1", "1.0") == -1
    assert compare("Alpine:v3.20", "1", "2") is None
    assert compare("PyPI", "odd", "1") is None
