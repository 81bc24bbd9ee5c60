"""Which component versions are affected: looked up set-wise, judged version by version.

A step of taking a feed or an SBOM, in its transaction and under its permission.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from partners.advisories.versions import SEMVER, order_of
from partners.domain.advisories import Affected, Event, EventKind, Range, RangeKind
from partners.domain.matching import Match, Prepared
from partners.domain.packages import Package
from partners.models import AffectedPackage, ComponentVersion, Exposure

BATCH = 5_000
_LOCK = "partners.matching"

_BY_PACKAGE = """
SELECT c.id FROM unnest(%s::text[], %s::text[]) AS p(ecosystem, package)
JOIN partners_componentversion c
  ON c.ecosystem = p.ecosystem AND c.package = p.package AND c.unmatchable = ''
ORDER BY c.id
"""
# Looked up key by key: what the same transaction wrote has no statistics yet, and the planner
# would hold a whole feed against a whole SBOM (see decision 018). Each look-up names its key alone:
# of a table that was counted as empty any other condition may draw an index that is read whole.
_PAIRS = """
SELECT c.id, c.version, p.id
  FROM unnest(%s::bigint[]) AS k(id)
 CROSS JOIN LATERAL (
       SELECT id, version, ecosystem, package, unmatchable FROM partners_componentversion
        WHERE id = k.id OFFSET 0) c
 CROSS JOIN LATERAL (
       SELECT id, advisory_id FROM partners_affectedpackage
        WHERE ecosystem = c.ecosystem AND package = c.package OFFSET 0) p
 CROSS JOIN LATERAL (
       SELECT withdrawn_at FROM partners_advisory
        WHERE id = p.advisory_id OFFSET 0) a
 WHERE c.unmatchable = '' AND a.withdrawn_at IS NULL
 ORDER BY c.id, p.id
"""


@dataclass(slots=True)
class _Found:
    """All that speaks for one component being affected by one vulnerability."""

    known_at: datetime
    evidence: dict[str, dict[str, Any]] = field(default_factory=dict)
    fixed: dict[str, None] = field(default_factory=dict)
    is_unbounded: bool = True


def hold_uploads() -> None:
    """Wait for the SBOMs being stored and hold new ones until this transaction ends.

    Without it a component stored meanwhile would meet neither the old nor the new records.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [_LOCK])


def join_uploads() -> None:
    """Wait for a feed being matched; other SBOMs go on beside this one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [_LOCK])


def again(packages: Collection[tuple[str, str]], *, at: datetime) -> list[int]:
    """Match every component version of ``packages`` anew; return which these are."""
    ordered = sorted(packages)
    components: list[int] = []
    with connection.cursor() as cursor:
        for start in range(0, len(ordered), BATCH):
            part = ordered[start : start + BATCH]
            cursor.execute(_BY_PACKAGE, [[one for one, _ in part], [name for _, name in part]])
            components += (row[0] for row in cursor.fetchall())
    match(components, at=at)
    return components


def match(components: Sequence[int], *, at: datetime) -> None:
    """Judge ``components`` against all live advisories of their packages."""
    for start in range(0, len(components), BATCH):
        _match(list(components[start : start + BATCH]), at=at)


def to_json(affected: Affected) -> list[dict[str, Any]]:
    """Return the ranges as they are kept; commit ranges are not, since nothing reads them."""
    return [
        {"kind": span.kind, "events": [[event.kind, event.version] for event in span.events]}
        for span in affected.ranges
        if span.kind is not RangeKind.GIT
    ]


def _match(components: list[int], *, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS, [components])
        pairs = cursor.fetchall()
    found = _judge(pairs)
    standing = Exposure.objects.filter(component__in=components).values_list(
        "pk", "component_id", "vulnerability_id"
    )
    gone = [pk for pk, *key in standing if tuple(key) not in found]
    if gone:
        Exposure.objects.filter(pk__in=gone).delete()
    Exposure.objects.bulk_create(
        (
            Exposure(
                component_id=component,
                vulnerability_id=vulnerability,
                evidence=list(one.evidence.values()),
                fixed_versions=list(one.fixed),
                is_unbounded=one.is_unbounded,
                known_at=one.known_at,
            )
            for (component, vulnerability), one in sorted(found.items())
        ),
        update_conflicts=True,
        unique_fields=["component", "vulnerability"],
        update_fields=["evidence", "fixed_versions", "is_unbounded"],
    )
    ComponentVersion.objects.filter(pk__in=components, unmatchable="").update(matched_at=at)


def _judge(pairs: list[tuple[int, str, int]]) -> dict[tuple[int, int], _Found]:
    records: dict[tuple[str, str], list[tuple[dict[str, Any], Prepared]]] = {}
    package_of: dict[int, tuple[str, str]] = {}
    for row, prepared in _prepared({key for *_, key in pairs}):
        package_of[row["id"]] = package = (row["ecosystem"], row["package"])
        records.setdefault(package, []).append((row, prepared))
    packages = {key: Package(those, order=order_of(key[0])) for key, those in records.items()}
    found: dict[tuple[int, int], _Found] = {}
    for component, (version, key) in {one: (version, key) for one, version, key in pairs}.items():
        for row, match in packages[package_of[key]].hits(version):
            _add(found, component, row, match)
    return found


def _add(
    found: dict[tuple[int, int], _Found], component: int, row: dict[str, Any], match: Match
) -> None:
    one = found.setdefault(
        (component, row["advisory__vulnerability_id"]), _Found(row["advisory__imported_at"])
    )
    one.known_at = min(one.known_at, row["advisory__imported_at"])
    one.evidence.setdefault(
        row["advisory__name"],
        {"advisory": row["advisory__name"], "said": match.evidence},
    )
    one.fixed.update(dict.fromkeys(row["fixed"]))
    one.is_unbounded = one.is_unbounded and match.is_unbounded


def _prepared(keys: Iterable[int]) -> Iterator[tuple[dict[str, Any], Prepared]]:
    rows = (
        AffectedPackage.objects.filter(pk__in=keys)
        .order_by("pk")
        .values(
            "id",
            "ecosystem",
            "package",
            "versions",
            "ranges",
            "advisory__name",
            "advisory__vulnerability_id",
            "advisory__imported_at",
        )
    )
    for row in rows:
        affected = Affected(
            ecosystem=row["ecosystem"],
            name=row["package"],
            versions=tuple(row["versions"]),
            ranges=tuple(
                Range(
                    RangeKind(span["kind"]),
                    tuple(Event(EventKind(kind), version) for kind, version in span["events"]),
                )
                for span in row["ranges"]
            ),
        )
        prepared = Prepared(affected, order=order_of(row["ecosystem"]), semver=SEMVER)
        yield {**row, "fixed": prepared.fixed}, prepared
