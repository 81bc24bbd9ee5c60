"""Edges that documents state: each source replaces its own and touches no other's."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from governance.postgresql import staging

_STATED = {
    "source": "text",
    "src": "bigint",
    "dst": "bigint",
    "kind": "text",
    "transform": "text",
    "mask": "text",
}
_LINK = """
WITH linked AS (
    INSERT INTO catalog_edge AS e
           (src_id, dst_id, kind, source, transform, mask, name, first_seen_at)
    SELECT DISTINCT ON (src, dst, kind, source)
           src, dst, kind, source, left(transform, 40), left(mask, 40), '', %(at)s
      FROM pg_temp.stated_edges
     WHERE src <> dst
     -- Two ways from one asset to another: the one that hides less counts.
     ORDER BY src, dst, kind, source, mask, transform
        ON CONFLICT (src_id, dst_id, kind, source) DO UPDATE
       SET gone_at = NULL, transform = excluded.transform, mask = excluded.mask
     WHERE e.gone_at IS NOT NULL
        OR (e.transform, e.mask) IS DISTINCT FROM (excluded.transform, excluded.mask)
    RETURNING dst_id, kind)
SELECT dst_id, kind FROM linked
"""
_UNLINK = """
WITH unlinked AS (
    UPDATE catalog_edge e SET gone_at = greatest(%(at)s, e.first_seen_at)
     WHERE e.source = ANY(%(sources)s::text[]) AND e.gone_at IS NULL
       AND NOT EXISTS (SELECT FROM pg_temp.stated_edges t
                        WHERE t.src = e.src_id AND t.dst = e.dst_id AND t.kind = e.kind
                          AND t.source = e.source)
    RETURNING e.dst_id, e.kind)
SELECT dst_id, kind FROM unlinked
"""
_WITHIN = """
SELECT id FROM catalog_asset
 WHERE parent_id = ANY(%(holders)s::bigint[]) AND kind = 'column' AND gone_at IS NULL
"""


class Stated(NamedTuple):
    """One edge between assets as ``source`` states it."""

    source: str
    src: int
    dst: int
    kind: str
    transform: str = ""
    mask: str = ""


@dataclass(frozen=True, slots=True)
class Linked:
    """How many edges came, changed or ended, and the assets into which data flow otherwise."""

    set: int
    ended: int
    moved: tuple[int, ...]


def replace(sources: Collection[str], stated: Iterable[Stated], *, at: datetime) -> Linked:
    """Let ``sources`` state exactly the edges ``stated``; equal ones are not touched.

    The labels of what has ``moved`` are for the caller to settle.
    """
    staging.load("stated_edges", _STATED, stated)
    linked = staging.run(_LINK, {"at": at})
    unlinked = staging.run(_UNLINK, {"at": at, "sources": list(sources)})
    carrying = [row for row in (*linked, *unlinked) if row[1] in ("direct", "opaque")]
    return Linked(len(linked), len(unlinked), reached(carrying))


def reached(edges: list[tuple[int, str]]) -> tuple[int, ...]:
    """Return the targets of ``edges``; what flows into a table as a whole reaches its columns."""
    whole = [target for target, kind in edges if kind == "opaque"]
    within = staging.run(_WITHIN, {"holders": whole}) if whole else []
    return tuple({target for target, _ in edges} | {row[0] for row in within})
