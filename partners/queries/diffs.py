"""What changed from one SBOM to another, by component without its version.

Components that were set aside have no identity and are not compared.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db import connection

from partners.advisories.versions import compare

LISTED = 50

# A package may be listed in several versions at once: what both documents list is left out before
# versions are compared, so one that was added beside another is added, not changed.
_CHANGES = """
WITH entries AS (
    SELECT true AS is_new, component_id, licenses, hashes
      FROM partners_sbomcomponent WHERE sbom_id = %(new)s AND component_id IS NOT NULL
     UNION ALL
    SELECT false, component_id, licenses, hashes
      FROM partners_sbomcomponent WHERE sbom_id = %(old)s AND component_id IS NOT NULL
), paired AS (
    SELECT component_id, bool_or(is_new) AS in_new, bool_or(NOT is_new) AS in_old,
           count(DISTINCT licenses) > 1 AS relicensed, count(DISTINCT hashes) > 1 AS rehashed
      FROM entries GROUP BY component_id
    HAVING count(*) = 1 OR count(DISTINCT licenses) > 1 OR count(DISTINCT hashes) > 1
), packages AS (
    SELECT c.type, c.namespace, c.name, c.qualifiers, min(c.ecosystem) AS ecosystem,
           coalesce(array_agg(c.version ORDER BY c.version) FILTER (WHERE NOT in_new), '{}')
             AS gone,
           coalesce(array_agg(c.version ORDER BY c.version) FILTER (WHERE NOT in_old), '{}')
             AS come
      FROM paired p JOIN partners_componentversion c ON c.id = p.component_id
     WHERE NOT (in_new AND in_old)
     GROUP BY c.type, c.namespace, c.name, c.qualifiers
), changes AS (
    SELECT CASE WHEN gone = '{}' THEN 'added' WHEN come = '{}' THEN 'removed' ELSE 'changed' END
             AS kind, type, namespace, name, qualifiers, ecosystem, gone, come
      FROM packages
     UNION ALL
    SELECT kind, c.type, c.namespace, c.name, c.qualifiers, c.ecosystem,
           ARRAY[c.version], ARRAY[c.version]
      FROM paired p JOIN partners_componentversion c ON c.id = p.component_id
      CROSS JOIN LATERAL (VALUES ('relicensed', relicensed), ('rehashed', rehashed)) v(kind, holds)
     WHERE in_new AND in_old AND holds
)
"""
_COUNT = "".join((_CHANGES, "SELECT kind, count(*) FROM changes GROUP BY kind"))
_LIST = (
    _CHANGES
    + """
SELECT kind, type, namespace, name, qualifiers, ecosystem, gone, come FROM changes
 WHERE kind = %(kind)s
 ORDER BY type, namespace, name, qualifiers
 LIMIT %(limit)s OFFSET %(offset)s
"""
)


class Kind(StrEnum):
    """In what way a component differs."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    RELICENSED = "relicensed"
    REHASHED = "rehashed"


class Way(StrEnum):
    """Where a changed version went; ``unordered`` where its versions cannot be compared."""

    UP = "up"
    DOWN = "down"
    UNORDERED = "unordered"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many components differ in which way."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    relicensed: int = 0
    rehashed: int = 0

    @property
    def total(self) -> int:
        """All of them; one component may differ in license and hash."""
        return self.added + self.removed + self.changed + self.relicensed + self.rehashed


@dataclass(frozen=True, slots=True)
class Change:
    """One component that differs. ``way`` is empty unless its version changed."""

    kind: Kind
    component: str
    qualifiers: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    way: str


def counts(old: UUID, new: UUID) -> Counts:
    """Count what changed from one SBOM to another."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"old": old, "new": new})
        return Counts(**dict(cursor.fetchall()))


def changes(
    old: UUID, new: UUID, *, kind: Kind, limit: int = LISTED, offset: int = 0
) -> list[Change]:
    """List what changed in one way from one SBOM to another, by name."""
    scope: dict[str, UUID | str | int] = {
        "old": old,
        "new": new,
        "kind": str(kind),
        "limit": limit,
        "offset": offset,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LIST, scope)
        return [_change(*row) for row in cursor.fetchall()]


def _change(
    kind: str,
    type_: str,
    namespace: str,
    name: str,
    qualifiers: str,
    ecosystem: str,
    gone: list[str],
    come: list[str],
) -> Change:
    path = f"{namespace}/{name}" if namespace else name
    return Change(
        kind=Kind(kind),
        component=f"pkg:{type_}/{path}" if type_ else path,
        qualifiers=qualifiers,
        before=tuple(gone) if kind != Kind.ADDED else (),
        after=tuple(come) if kind != Kind.REMOVED else (),
        way=_way(ecosystem, gone, come) if kind == Kind.CHANGED else "",
    )


def _way(ecosystem: str, gone: list[str], come: list[str]) -> Way:
    before, after = _newest(ecosystem, gone), _newest(ecosystem, come)
    order = compare(ecosystem, before, after) if before and after else None
    return {-1: Way.UP, 1: Way.DOWN}.get(order or 0, Way.UNORDERED)


def _newest(ecosystem: str, versions: list[str]) -> str:
    """Return the newest, or empty text where two of them cannot be ordered."""
    newest = versions[0]
    for version in versions[1:]:
        order = compare(ecosystem, newest, version)
        if order is None:
            return ""
        newest = version if order < 0 else newest
    return newest
