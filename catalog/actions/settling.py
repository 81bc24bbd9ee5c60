"""Keeping the stored consequences right: who answers, where it stands, how sensitive it is.

Set operations, parts of the transaction of the action that made them necessary. They write a
row only when it differs.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from catalog.actions import propagating
from governance.postgresql import staging

_INHERITED = ("owner", "technical_owner", "steward", "retention", "zone")
_INHERIT = """
WITH RECURSIVE tree AS (
    SELECT a.id, coalesce(a.stated_site_id, s.site_id) AS site_id, {first}
      FROM catalog_asset a JOIN governance_governedsystem s ON s.id = a.system_id
     WHERE a.system_id = %(system)s AND a.parent_id IS NULL
     UNION ALL
    SELECT a.id, coalesce(a.stated_site_id, t.site_id), {next}
      FROM catalog_asset a JOIN tree t ON a.parent_id = t.id
)
UPDATE catalog_asset a SET site_id = t.site_id, {set}
  FROM tree t
 WHERE t.id = a.id AND (a.site_id, {old}) IS DISTINCT FROM (t.site_id, {new})
""".format(  # noqa: S608 - the parts are ours
    first=", ".join(f"a.stated_{name}_id AS {name}_id" for name in _INHERITED),
    next=", ".join(f"coalesce(a.stated_{name}_id, t.{name}_id)" for name in _INHERITED),
    set=", ".join(f"{name}_id = t.{name}_id" for name in _INHERITED),
    old=", ".join(f"a.{name}_id" for name in _INHERITED),
    new=", ".join(f"t.{name}_id" for name in _INHERITED),
)

_SCOPE = "SELECT id, parent_id FROM catalog_asset WHERE gone_at IS NULL AND {}"
_SCOPE_OF_SYSTEM = _SCOPE.format("system_id = %(system)s")
_SCOPE_OF_ASSETS = _SCOPE.format("id = ANY(%(assets)s::bigint[])")
# Protection counts proposals and accepted labels alike, but not what a person has said it is
# not.
_SAID = """
WITH said AS (
    SELECT l.asset_id AS id, max(l.level) AS level, bool_or(l.status = 'accepted') AS is_accepted,
           array_agg(DISTINCT l.category) FILTER (WHERE l.category <> '') AS named
      FROM catalog_labelassertion l JOIN pg_temp.own_scope s ON s.id = l.asset_id
     WHERE l.polarity = 'is' AND l.status IN ('proposed', 'accepted')
       AND NOT EXISTS (
           SELECT FROM catalog_labelassertion n
            WHERE n.asset_id = l.asset_id AND n.polarity = 'is_not' AND n.status = 'accepted'
              AND n.expires_at > %(at)s AND n.category <> ''
              AND starts_with(l.category || '.', n.category || '.'))
     GROUP BY l.asset_id
)
SELECT s.id, d.level, coalesce(d.is_accepted, false) AS is_accepted,
       ARRAY(SELECT DISTINCT array_to_string(p.parts[1:i], '.')
               FROM unnest(d.named) n,
                    LATERAL (SELECT string_to_array(n, '.') AS parts) p,
                    generate_series(1, cardinality(p.parts)) i
              ORDER BY 1) AS categories
  FROM pg_temp.own_scope s LEFT JOIN said d ON d.id = s.id
"""
_INSIDE = """
SELECT c.parent_id AS id, bool_and(x.id IS NOT NULL) AS is_classified
  FROM catalog_asset c
  LEFT JOIN LATERAL (
      SELECT l.asset_id AS id FROM catalog_labelassertion l
       WHERE l.asset_id = c.id AND l.polarity = 'is' AND l.status = 'accepted'
       LIMIT 1) x ON true
 WHERE c.kind = 'column' AND c.gone_at IS NULL
   AND c.parent_id IN (SELECT id FROM pg_temp.own_scope
                        UNION SELECT parent_id FROM pg_temp.own_scope)
 GROUP BY c.parent_id
"""
_OWN = """
WITH classified AS (
    UPDATE catalog_asset a SET is_classified = i.is_classified
      FROM pg_temp.own_inside i
     WHERE i.id = a.id AND a.is_classified <> i.is_classified
       AND a.id NOT IN (SELECT id FROM pg_temp.own_scope)
)
UPDATE catalog_asset a
   SET own_level = c.level, own_categories = c.categories,
       is_classified = coalesce(i.is_classified, c.is_accepted),
       -- What was never labeled begins with its own label: mostly nothing flows in, and then
       -- the row is not written again.
       level = CASE WHEN a.level IS NULL THEN c.level ELSE a.level END,
       categories = CASE WHEN a.level IS NULL THEN c.categories ELSE a.categories::text[] END,
       is_personal = CASE WHEN a.level IS NULL THEN 'user' = ANY(c.categories)
                          ELSE a.is_personal END
  FROM pg_temp.own_said c LEFT JOIN pg_temp.own_inside i ON i.id = c.id
 WHERE a.id = c.id
   AND (a.own_level, a.own_categories::text[], a.is_classified)
       IS DISTINCT FROM (c.level, c.categories, coalesce(i.is_classified, c.is_accepted))
RETURNING a.id
"""
_STALE = """
SELECT a.id FROM catalog_asset a
 WHERE a.system_id = %(system)s AND a.gone_at IS NULL
   AND a.own_level IS NOT NULL AND a.level IS NULL
"""
_HOLDERS = """
SELECT DISTINCT parent_id FROM catalog_asset
 WHERE system_id = %(system)s AND parent_id IS NOT NULL
   AND (gone_at >= %(at)s OR first_seen_at >= %(at)s)
"""


def inherit(system_id: int) -> int:
    """Give each asset of the system the nearest owners, steward, site, zone and retention up its
    tree; return how many changed.
    """
    return int(staging.run(_INHERIT, {"system": system_id})[0][0])


def label_system(system_id: int, *, at: datetime, seeds: Iterable[int] = ()) -> int:
    """Make the labels of a system right, and those of all that is made of it.

    ``seeds`` are assets, here or elsewhere, to or from which edges came or went. Return how
    many labels changed.
    """
    rows = _own(_SCOPE_OF_SYSTEM, {"system": system_id}, at=at)
    stale = staging.run(_STALE, {"system": system_id})
    holders = staging.run(_HOLDERS, {"system": system_id, "at": at})
    changed = {row[0] for row in (*rows, *stale)}
    return propagating.work_out(changed.union(seeds), holders=[row[0] for row in holders], at=at)


def label_assets(assets: Iterable[int], *, at: datetime) -> int:
    """Make the labels of ``assets`` right after somebody decided about them, and those of all
    that is made of them; return how many changed.
    """
    chosen = list(assets)
    _own(_SCOPE_OF_ASSETS, {"assets": chosen}, at=at)
    return propagating.work_out(chosen, at=at)


def _own(scope: str, which: Mapping[str, object], *, at: datetime) -> list[tuple[int]]:
    """Write what is said of the assets in ``scope`` themselves; return those that changed."""
    staging.keep("own_scope", scope, which)
    staging.keep("own_said", _SAID, {"at": at})
    staging.keep("own_inside", _INSIDE, {})
    return staging.run(_OWN, {})
