"""Working out the labels that flow: the part that a change can reach, and nothing else."""

from collections.abc import Iterable
from datetime import datetime

from catalog.domain import propagation
from catalog.domain.labels import PERSONAL, Label
from catalog.domain.propagation import Lattice
from catalog.queries import lineage
from governance import jobs
from governance.postgresql import staging

_STAGED = {"id": "bigint", "level": "smallint", "categories": "text[]"}
_WRITE = """
UPDATE catalog_asset a
   SET level = w.level, categories = w.categories, is_personal = %(personal)s = ANY(w.categories),
       is_pending = false
  FROM pg_temp.worked_out w
 WHERE a.id = w.id
   AND NOT EXISTS (SELECT FROM catalog_asset c
                    WHERE c.parent_id = a.id AND c.kind = 'column' AND c.gone_at IS NULL)
   AND (a.level, a.categories::text[], a.is_pending) IS DISTINCT FROM (w.level, w.categories, false)
RETURNING a.id
"""
_ABOVE = """
SELECT DISTINCT parent_id AS id FROM catalog_asset
 WHERE id = ANY(%(changed)s::bigint[]) AND parent_id IS NOT NULL
 UNION
SELECT unnest(%(holders)s::bigint[])
"""
# A holder is as sensitive as all that is in it, and as what is said of itself.
_ROLL_UP = """
WITH inside AS (
    SELECT h.id, c.level, c.categories
      FROM pg_temp.above h JOIN catalog_asset c ON c.parent_id = h.id AND c.gone_at IS NULL
), named AS (
    SELECT n.id, array_agg(n.one ORDER BY n.one) AS categories
      FROM (SELECT i.id, unnest(i.categories) AS one FROM inside i
             UNION
            SELECT p.id, unnest(p.own_categories)
              FROM pg_temp.above h JOIN catalog_asset p ON p.id = h.id) n
     GROUP BY n.id
), held AS (
    SELECT i.id, max(i.level) AS level, coalesce(n.categories, '{}')::text[] AS categories
      FROM inside i LEFT JOIN named n ON n.id = i.id
     GROUP BY i.id, n.categories
)
UPDATE catalog_asset a
   SET level = greatest(h.level, a.own_level), categories = h.categories,
       is_personal = %(personal)s = ANY(h.categories)
  FROM held h
 WHERE h.id = a.id
   AND (a.level, a.categories::text[], a.is_personal)
       IS DISTINCT FROM
       (greatest(h.level, a.own_level), h.categories, %(personal)s = ANY(h.categories))
RETURNING a.id
"""
_WAIT = """
UPDATE catalog_asset a
   SET is_pending = true, level = greatest(a.level, a.own_level),
       categories = ARRAY(SELECT unnest(a.categories) UNION SELECT unnest(a.own_categories)
                           ORDER BY 1)
 WHERE a.id = ANY(%(seeds)s::bigint[]) AND NOT a.is_pending
"""
JOB = "catalog_labels"


def work_out(
    seeds: Iterable[int], *, holders: Iterable[int] = (), at: datetime, most: int = lineage.MOST
) -> int:
    """Make the labels of everything that ``seeds`` reach right again; return how many changed.

    Part of the transaction of the action that changed the labels or edges of ``seeds``. Where
    that is more than ``most``, a job does it; until then the old labels hold joined with the new
    ones of the seeds: never less protected than before.

    Args:
        seeds: assets whose own label, decision or incoming edge changed.
        holders: assets whose children came or went.
    """
    seeds = list(seeds)
    nodes = lineage.cone(seeds, most=most)
    if nodes is None:
        staging.run(_WAIT, {"seeds": seeds})
        jobs.enqueue(JOB, key=f"{JOB}:{at:%Y-%m-%dT%H:%M:%S.%f}", payload={}, at=at)
        return _roll_up(seeds, holders)
    return _settle(nodes, holders, seeds, at=at)


def work_out_all(*, at: datetime) -> int:
    """Make the labels of the whole catalog right again; return how many changed."""
    rows = staging.run(
        "SELECT id FROM catalog_asset WHERE gone_at IS NULL UNION ALL"
        " SELECT DISTINCT -src_id FROM catalog_edge WHERE kind = 'opaque' AND gone_at IS NULL",
        {},
    )
    changed = _settle([row[0] for row in rows], (), (), at=at)
    # Where the label that held meanwhile was right already, nothing was written.
    staging.run("UPDATE catalog_asset SET is_pending = false WHERE is_pending", {})
    return changed


def _settle(nodes: list[int], holders: Iterable[int], seeds: Iterable[int], *, at: datetime) -> int:
    """Work out ``nodes`` and roll up; ``seeds`` may have their new labels already."""
    if not nodes:
        return _roll_up([], holders)
    part, lattice = lineage.part(nodes, at=at), Lattice()
    effective = propagation.fixpoint(
        part.nodes,
        part.incoming,
        {node: lattice.number(found) for node, found in part.own.items()},
        {node: lattice.number(found) for node, found in part.effective.items()},
        part.caps,
        lattice,
    )
    rows = [
        (node, *_columns(lattice.label(number)))
        for node, number in effective.items()
        if node > 0 and lattice.label(number) != part.effective.get(node)
    ]
    # A holder's stored label is that of all that is in it; what is in it is what is worked out.
    staging.load("worked_out", _STAGED, rows)
    changed = [row[0] for row in staging.run(_WRITE, {"personal": PERSONAL})]
    above = [*holders, *(row[0] for row in rows)]
    return len(changed) + _roll_up([*changed, *seeds], above)


def _columns(found: Label | None) -> tuple[int | None, list[str]]:
    return (None, []) if found is None else (found.level.value, sorted(found.categories))


def _roll_up(changed: list[int], holders: Iterable[int]) -> int:
    count, above = 0, list(holders)
    while changed or above:
        staging.keep("above", _ABOVE, {"changed": changed, "holders": above})
        rows = staging.run(_ROLL_UP, {"personal": PERSONAL})
        changed, above = [row[0] for row in rows], []
        count += len(changed)
    return count
