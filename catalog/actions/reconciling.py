"""Making the catalog agree with what a source states, by set operations alone."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog.actions import linking
from catalog.domain.assets import OWN_KEY, AssetKind, qualified
from catalog.domain.labels import PERSONAL
from catalog.harvest.rows import Harvested
from catalog.models import Asset, EdgeKind
from catalog.models.asset import ROOT_KEY
from governance.models import GovernedSystem
from governance.postgresql import staging

Label = Callable[[list[tuple[Any, ...]]], Iterable[tuple[int, int, list[str]]]]
"""New columns (id, full name, type) to their first labels (id, level, categories)."""
SHOWN_NAMES = 20
"""How many names of each sort of change a run keeps for people."""
ESTIMATE_MOVED = 0.1
"""Share by which an estimate of rows must move to be written again."""

_EDGES = {
    "kind": "text",
    "transform": "text",
    "mask": "text",
    "name": "text",
    "src": "text",
    "dst": "text",
}
_FRESH = {"id": "bigint", "level": "smallint", "categories": "text[]"}
_COLUMNS = {
    "source_key": "text",
    "parent_key": "text",
    "kind": "text",
    "name": "text",
    "fqn": "text",
    "physical_type": "text",
    "ordinal": "int",
    "nullable": "boolean",
    "key_position": "int",
    "description": "text",
    "definition": "text",
    "row_estimate": "bigint",
    "fingerprint": "text",
    "holder": "bigint",
    "id": "bigint",
    "state": "text",
    "was": "text",
}

# After a dump and restore every key is another one; a live asset of the same name and kind
# whose own key is not stated any more is then the same asset.
_REKEY = """
UPDATE catalog_asset a SET source_key = s.source_key
  FROM pg_temp.harvested s
 WHERE a.system_id = %(system)s AND a.gone_at IS NULL AND a.fqn = s.fqn AND a.kind = s.kind
   AND NOT EXISTS (SELECT FROM pg_temp.harvested o WHERE o.source_key = a.source_key)
   AND NOT EXISTS (SELECT FROM catalog_asset o
                    WHERE o.system_id = %(system)s AND o.source_key = s.source_key)
"""
_MATCH = """
UPDATE pg_temp.harvested s
   SET id = a.id, was = a.fqn,
       state = CASE WHEN a.gone_at IS NOT NULL OR a.fingerprint <> s.fingerprint
                    THEN 'changed' ELSE 'unchanged' END
  FROM catalog_asset a
 WHERE a.system_id = %(system)s AND a.source_key = s.source_key
"""
_NUMBER = """
UPDATE pg_temp.harvested
   SET id = nextval(pg_get_serial_sequence('catalog_asset', 'id')), state = 'new'
 WHERE id IS NULL
"""
_NEW_COLUMNS = """
SELECT id, fqn, physical_type FROM pg_temp.harvested WHERE kind = 'column' AND state = 'new'
"""
_INDEX = "CREATE UNIQUE INDEX ON pg_temp.harvested (source_key)"
_UPSERT = """
INSERT INTO catalog_asset AS a
       (id, system_id, parent_id, kind, name, fqn, source_key, physical_type, ordinal, nullable,
        key_position, description, definition, row_estimate, fingerprint, own_level,
        own_categories, level, categories, is_personal, is_classified, first_seen_at, site_id,
        owner_id, technical_owner_id, steward_id, retention_id, zone_id)
SELECT s.id, %(system)s, coalesce(p.id, s.holder, %(root)s), s.kind, s.name, s.fqn, s.source_key,
       s.physical_type, s.ordinal, s.nullable, s.key_position, s.description, s.definition,
       s.row_estimate, s.fingerprint,
       -- A first label, and the rest as the system has it. Where something else flows in, or
       -- something between says otherwise, settling writes the row once more.
       f.level, coalesce(f.categories, '{}'), f.level, coalesce(f.categories, '{}'),
       coalesce(%(personal)s = ANY(f.categories), false), false, %(at)s,
       coalesce(r.stated_site_id, %(site)s), r.stated_owner_id, r.stated_technical_owner_id,
       r.stated_steward_id, r.stated_retention_id, r.stated_zone_id
  FROM pg_temp.harvested s LEFT JOIN pg_temp.harvested p ON p.source_key = s.parent_key
  LEFT JOIN catalog_asset r ON r.id = %(root)s
  LEFT JOIN pg_temp.fresh f ON f.id = s.id
 WHERE s.state <> 'unchanged'
    ON CONFLICT (id) DO UPDATE
   SET parent_id = excluded.parent_id, kind = excluded.kind, name = excluded.name,
       fqn = excluded.fqn, physical_type = excluded.physical_type, ordinal = excluded.ordinal,
       nullable = excluded.nullable, key_position = excluded.key_position,
       description = excluded.description, definition = excluded.definition,
       row_estimate = excluded.row_estimate, fingerprint = excluded.fingerprint, gone_at = NULL
"""
ESTIMATE_IS_NEWS = """
   AND a.row_estimate IS DISTINCT FROM s.row_estimate
   AND (a.row_estimate IS NULL OR s.row_estimate IS NULL
        OR abs(a.row_estimate - s.row_estimate) > %(moved)s * greatest(a.row_estimate, 1))
"""
_ESTIMATES = (
    """
UPDATE catalog_asset a SET row_estimate = s.row_estimate
  FROM pg_temp.harvested s
 WHERE s.id = a.id AND s.state = 'unchanged'
"""
    + ESTIMATE_IS_NEWS
)
_BURY = """
WITH gone AS (
    UPDATE catalog_asset a SET gone_at = greatest(%(at)s, a.first_seen_at)
     WHERE a.system_id = %(system)s AND a.gone_at IS NULL AND a.source_key <> %(root_key)s
       AND NOT starts_with(a.source_key, %(own_key)s)
       AND NOT EXISTS (SELECT FROM pg_temp.harvested s WHERE s.id = a.id)
    RETURNING a.fqn)
SELECT count(*), (array_agg(fqn ORDER BY fqn))[:%(shown)s] FROM gone
"""
_COUNT = """
SELECT state, count(*),
       (array_agg(CASE WHEN state = 'changed' AND was <> fqn THEN was || ' -> ' || fqn ELSE fqn END
                  ORDER BY fqn))[:%(shown)s]
  FROM pg_temp.harvested GROUP BY state
"""
_LINK = """
WITH linked AS (
    INSERT INTO catalog_edge AS e
           (src_id, dst_id, kind, source, transform, mask, name, first_seen_at)
    SELECT DISTINCT ON (s.id, d.id, k.kind)
           s.id, d.id, k.kind, 'harvest', left(k.transform, 40), left(k.mask, 40),
           left(k.name, 120), %(at)s
      FROM pg_temp.harvested_edges k
      JOIN pg_temp.harvested s ON s.source_key = k.src
      JOIN pg_temp.harvested d ON d.source_key = k.dst
     WHERE s.id <> d.id
     -- Two ways from one column to another: the one that hides less counts.
     ORDER BY s.id, d.id, k.kind, k.mask, k.transform, k.name
        ON CONFLICT (src_id, dst_id, kind, source) DO UPDATE
       SET gone_at = NULL, transform = excluded.transform, mask = excluded.mask
     WHERE e.gone_at IS NOT NULL
        OR (e.transform, e.mask) IS DISTINCT FROM (excluded.transform, excluded.mask)
    RETURNING dst_id, kind)
SELECT dst_id, kind FROM linked WHERE kind IN ('direct', 'opaque')
"""
_UNLINK = """
WITH stated AS (
    SELECT s.id AS src, d.id AS dst, k.kind
      FROM pg_temp.harvested_edges k
      JOIN pg_temp.harvested s ON s.source_key = k.src
      JOIN pg_temp.harvested d ON d.source_key = k.dst
), unlinked AS (
    UPDATE catalog_edge e SET gone_at = greatest(%(at)s, e.first_seen_at)
      FROM catalog_asset a
     WHERE a.id = e.src_id AND a.system_id = %(system)s AND e.gone_at IS NULL
       AND e.source = 'harvest'
       AND NOT EXISTS (SELECT FROM stated t
                        WHERE t.src = e.src_id AND t.dst = e.dst_id AND t.kind = e.kind)
    RETURNING e.dst_id, e.kind)
SELECT dst_id, kind FROM unlinked WHERE kind IN ('direct', 'opaque')
"""


@dataclass(frozen=True, slots=True)
class Change:
    """What agreeing with a source changed, in numbers and in the first names of each sort."""

    new: int
    changed: int
    gone: int
    unchanged: int
    names: dict[str, list[str]]
    moved: tuple[int, ...] = ()
    """Assets into which data flow otherwise than before."""
    has_new_home: bool = False
    """The system stands at another site than at the last harvest."""

    @property
    def is_any(self) -> bool:
        """Whether anything that labels or owners depend on is otherwise now."""
        return bool(self.new or self.changed or self.gone or self.moved or self.has_new_home)


def agree(
    system: GovernedSystem,
    harvested: Harvested,
    *,
    at: datetime,
    label: Label,
    holders: Mapping[str, int] | None = None,
) -> Change:
    """Write what differs; what is gone is marked only after a complete harvest.

    Rows that are as they were are not touched. The new and changed ones stay in the
    temporary table ``harvested`` until the transaction ends.

    Args:
        label: what the first label of new columns is, so that they are written once.
        holders: assets that hold rows and are no rows themselves, by source key.
    """
    root = root_of(system, at=at)
    arguments = {
        "system": system.pk,
        "root": root.pk,
        "site": system.site_id,
        "root_key": ROOT_KEY,
        "own_key": OWN_KEY,
        "at": at,
        "shown": SHOWN_NAMES,
        "moved": ESTIMATE_MOVED,
        "personal": PERSONAL,
    }
    _stage(harvested, holders or {})
    for statement in (_INDEX, _REKEY, _MATCH, _NUMBER):
        staging.run(statement, arguments)
    staging.load("fresh", _FRESH, label(staging.run(_NEW_COLUMNS, {})))
    for statement in (_UPSERT, _ESTIMATES):
        staging.run(statement, arguments)
    moved = staging.run(_LINK, arguments)
    counts: dict[str, int] = {}
    names: dict[str, list[str]] = {}
    for state, count, first in staging.run(_COUNT, arguments):
        counts[state] = count
        if state != "unchanged":
            names[state] = first
    if harvested.complete:
        moved += staging.run(_UNLINK, arguments)
        counts["gone"], first = staging.run(_BURY, arguments)[0]
        if first:
            names["gone"] = first
    return Change(
        new=counts.get("new", 0),
        changed=counts.get("changed", 0),
        gone=counts.get("gone", 0),
        unchanged=counts.get("unchanged", 0),
        names=names,
        moved=linking.reached(moved),
        has_new_home=root.site_id != (root.stated_site_id or system.site_id),
    )


def root_of(system: GovernedSystem, *, at: datetime) -> Asset:
    """Return the asset that stands for the system itself and carries its owner and site."""
    root, _ = Asset.objects.get_or_create(
        system=system,
        source_key=ROOT_KEY,
        defaults={
            "kind": AssetKind.SYSTEM.value,
            "name": system.name,
            "fqn": qualified([system.slug]),
            "fingerprint": "",
            "first_seen_at": at,
        },
    )
    return root


def _stage(harvested: Harvested, holders: Mapping[str, int]) -> None:
    def rows() -> Any:
        for row in harvested.rows:
            yield (
                row.source_key,
                row.parent_key,
                row.kind.value,
                row.name,
                row.fqn,
                row.physical_type,
                row.ordinal,
                row.nullable,
                row.key_position,
                row.description,
                row.definition,
                row.row_estimate,
                row.fingerprint,
                holders.get(row.parent_key or ""),
                None,
                None,
                None,
            )

    staging.load("harvested", _COLUMNS, rows())
    staging.load("harvested_edges", _EDGES, _edges(harvested))


def _edges(harvested: Harvested) -> Iterator[tuple[str, str, str, str, str, str]]:
    for link in harvested.foreign_keys:
        for source, target in zip(link.source_keys, link.target_keys, strict=True):
            yield EdgeKind.FOREIGN_KEY, "", "", link.name, source, target
    for row in harvested.lineage:
        yield row.kind, row.transform, row.mask, "", row.source_key, row.target_key
