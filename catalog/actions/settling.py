"""Keeping the stored consequences right: owner, site and zone in force, and rolled-up labels.

Set operations over one system, parts of the transaction of the action that made them
necessary. They write a row only when it differs.
"""

from catalog import staging

_INHERIT = """
WITH RECURSIVE tree AS (
    SELECT a.id, a.stated_owner_id AS owner_id, coalesce(a.stated_site_id, s.site_id) AS site_id,
           a.stated_zone_id AS zone_id
      FROM catalog_asset a JOIN governance_governedsystem s ON s.id = a.system_id
     WHERE a.system_id = %(system)s AND a.parent_id IS NULL
     UNION ALL
    SELECT a.id, coalesce(a.stated_owner_id, t.owner_id), coalesce(a.stated_site_id, t.site_id),
           coalesce(a.stated_zone_id, t.zone_id)
      FROM catalog_asset a JOIN tree t ON a.parent_id = t.id
)
UPDATE catalog_asset a SET owner_id = t.owner_id, site_id = t.site_id, zone_id = t.zone_id
  FROM tree t
 WHERE t.id = a.id
   AND (a.owner_id, a.site_id, a.zone_id) IS DISTINCT FROM (t.owner_id, t.site_id, t.zone_id)
"""

# Protection counts proposals and accepted labels alike, but not what a person has said it is
# not; each goes up to everything that holds the asset.
_ROLL_UP = """
WITH RECURSIVE own AS (
    SELECT l.asset_id, l.level, (l.category || '.') LIKE 'user.%%' AS is_personal
      FROM catalog_labelassertion l JOIN catalog_asset a ON a.id = l.asset_id
     WHERE a.system_id = %(system)s AND a.gone_at IS NULL
       AND l.polarity = 'is' AND l.status IN ('proposed', 'accepted')
       AND NOT EXISTS (
           SELECT FROM catalog_labelassertion n
            WHERE n.asset_id = l.asset_id AND n.polarity = 'is_not' AND n.status = 'accepted'
              AND starts_with(l.category || '.', n.category || '.'))
), up AS (
    SELECT a.id, a.parent_id, o.level, o.is_personal
      FROM own o JOIN catalog_asset a ON a.id = o.asset_id
     UNION
    SELECT p.id, p.parent_id, u.level, u.is_personal
      FROM up u JOIN catalog_asset p ON p.id = u.parent_id
), rolled AS (
    SELECT id, max(level) AS level, bool_or(is_personal) AS is_personal FROM up GROUP BY id
), accepted AS (
    SELECT DISTINCT l.asset_id FROM catalog_labelassertion l
     WHERE l.polarity = 'is' AND l.status = 'accepted'
), inside AS (
    SELECT c.parent_id AS id, bool_and(x.asset_id IS NOT NULL) AS is_classified
      FROM catalog_asset c LEFT JOIN accepted x ON x.asset_id = c.id
     WHERE c.system_id = %(system)s AND c.gone_at IS NULL AND c.kind = 'column'
     GROUP BY c.parent_id
), settled AS (
    SELECT a.id, r.level, coalesce(r.is_personal, false) AS is_personal,
           coalesce(i.is_classified, x.asset_id IS NOT NULL) AS is_classified
      FROM catalog_asset a
      LEFT JOIN rolled r ON r.id = a.id
      LEFT JOIN inside i ON i.id = a.id
      LEFT JOIN accepted x ON x.asset_id = a.id
     WHERE a.system_id = %(system)s AND a.gone_at IS NULL
)
UPDATE catalog_asset a
   SET level = s.level, is_personal = s.is_personal, is_classified = s.is_classified
  FROM settled s
 WHERE s.id = a.id
   AND (a.level, a.is_personal, a.is_classified)
       IS DISTINCT FROM (s.level, s.is_personal, s.is_classified)
"""


def inherit(system_id: int) -> int:
    """Give each asset of the system the nearest owner, site and zone up its tree; return how many
    changed.
    """
    return int(staging.run(_INHERIT, {"system": system_id})[0][0])


def roll_up(system_id: int) -> int:
    """Give each live asset of the system the join of the labels in it; return how many changed.

    An asset is classified when each of its columns, or itself where it has none, has an
    accepted label.
    """
    return int(staging.run(_ROLL_UP, {"system": system_id})[0][0])
