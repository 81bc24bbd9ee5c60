"""How a system stands with its labels."""

from catalog.queries import lineage
from governance.postgresql import staging

Stored = tuple[int | None, tuple[str, ...]]
"""Level and categories as an asset's row holds them."""

_ASSERTED = """
SELECT l.category, count(*) FILTER (WHERE l.status = 'proposed'),
       count(*) FILTER (WHERE l.status = 'accepted'),
       count(*) FILTER (WHERE l.status = 'rejected')
  FROM catalog_labelassertion l JOIN catalog_asset a ON a.id = l.asset_id
 WHERE a.system_id = %(system)s AND a.kind = 'column' AND a.gone_at IS NULL AND l.polarity = 'is'
   AND l.status <> 'superseded'
 GROUP BY l.category ORDER BY l.category
"""
_EFFECTIVE = """
SELECT one, count(*), count(*) FILTER (WHERE NOT one = ANY(a.own_categories))
  FROM catalog_asset a, unnest(a.categories) one
 WHERE a.system_id = %(system)s AND a.kind = 'column' AND a.gone_at IS NULL
 GROUP BY one ORDER BY one
"""
_COLUMNS = """
SELECT count(*), count(*) FILTER (WHERE a.level IS NULL),
       count(*) FILTER (WHERE NOT a.is_classified), count(*) FILTER (WHERE a.is_personal),
       count(*) FILTER (WHERE NOT a.categories <@ a.own_categories
                           OR a.level > coalesce(a.own_level, -1)),
       count(*) FILTER (WHERE a.is_pending)
  FROM catalog_asset a
 WHERE a.system_id = %(system)s AND a.kind = 'column' AND a.gone_at IS NULL
"""
_TABLES = """
SELECT count(*) FROM catalog_labelassertion l JOIN catalog_asset a ON a.id = l.asset_id
 WHERE a.system_id = %(system)s AND a.gone_at IS NULL AND l.source = 'group'
   AND l.status IN ('proposed', 'accepted')
"""

_LABELS = "SELECT id, level, categories FROM catalog_asset WHERE id = ANY(%(keys)s::bigint[])"


def standing(system_id: int) -> dict[str, object]:
    """Return counts of the columns of a system and, for each category, of what is said of them.

    ``by_lineage`` are columns that hold more than is said of themselves; ``effective`` counts a
    category on each column that holds it, also as the whole of a part.
    """
    parameters = {"system": system_id}
    total, unclassified, unaccepted, personal, inherited, pending = staging.run(
        _COLUMNS, parameters
    )[0]
    categories: dict[str, dict[str, int]] = {}
    for category, proposed, accepted, rejected in staging.run(_ASSERTED, parameters):
        categories[category] = {
            "proposed": proposed,
            "accepted": accepted,
            "rejected": rejected,
            "effective": 0,
            "by_lineage": 0,
        }
    for category, effective, by_lineage in staging.run(_EFFECTIVE, parameters):
        counts = categories.setdefault(category, {"proposed": 0, "accepted": 0, "rejected": 0})
        counts.update(effective=effective, by_lineage=by_lineage)
    return {
        "columns": total,
        "unclassified": unclassified,
        "without_accepted_label": unaccepted,
        "personal": personal,
        "by_lineage": inherited,
        "pending": pending,
        "tables_by_combination": staging.run(_TABLES, parameters)[0][0],
        "categories": dict(sorted(categories.items())),
    }


def below(asset_id: int, *, most: int) -> dict[int, Stored] | None:
    """Return the effective labels of all that is made of an asset, itself left out; None if it
    is more than ``most``.
    """
    nodes = lineage.cone([asset_id], most=most)
    if nodes is None:
        return None
    keys = [node for node in nodes if node > 0 and node != asset_id]
    return {
        key: (level, tuple(categories))
        for key, level, categories in staging.run(_LABELS, {"keys": keys})
    }
