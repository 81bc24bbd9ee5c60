"""What the sources say together: accepted where two agree or check digits prove it, else to a
person. Part of the transaction in which something was proposed.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from catalog.detectors import fusion, values
from catalog.detectors.fusion import Decided, Outcome, Said, Source, Verdict
from catalog.detectors.proposals import Proposal
from catalog.domain.labels import Level
from catalog.models import Status
from catalog.models.label import CLASSIFIER
from governance.postgresql import staging

BY_LINEAGE = f"fusion/{fusion.VERSION}:lineage"

_SAID = """
SELECT l.id, l.asset_id, l.source, l.category, l.level, l.confidence, l.rule,
       l.status = 'proposed' OR l.actor = %(rules)s
  FROM catalog_labelassertion l JOIN catalog_asset a ON a.id = l.asset_id
 WHERE a.system_id = %(system)s AND a.kind = 'column' AND a.gone_at IS NULL
   AND l.polarity = 'is' AND l.source IN ('name', 'value') AND l.category <> ''
   AND l.status IN ('proposed', 'accepted')
 ORDER BY l.id
"""
_DECIDED = """
SELECT l.asset_id, l.category, l.source = 'human' AND l.polarity = 'is' AND l.status = 'accepted'
  FROM catalog_labelassertion l
 WHERE l.asset_id = ANY(%(assets)s::bigint[])
   AND ((l.source = 'human' AND l.polarity = 'is' AND l.status = 'accepted')
        OR (l.polarity = 'is' AND l.status = 'rejected')
        OR (l.polarity = 'is_not' AND l.status = 'accepted' AND l.expires_at > %(at)s))
"""
# Only what was accepted upstream speaks for a name: the same name upstream is no second source.
# What lineage alone helped to accept is no origin either, or two columns in a cycle would hold
# each other up after their cause is gone. It flows as far as people let it.
_INFLOW = """
WITH RECURSIVE up(id) AS (
    SELECT unnest(%(assets)s::bigint[])
     UNION
    SELECT e.src_id FROM up u JOIN catalog_edge e ON e.dst_id = u.id
     WHERE e.kind = 'direct' AND e.mask = '' AND e.gone_at IS NULL
), flow(origin, category, level, id) AS (
    SELECT l.asset_id, l.category, l.level, l.asset_id
      FROM up u JOIN catalog_labelassertion l ON l.asset_id = u.id
     WHERE l.polarity = 'is' AND l.status = 'accepted' AND l.category <> ''
       AND l.reason <> %(by_lineage)s
     UNION
    SELECT f.origin, f.category, f.level, e.dst_id
      FROM flow f JOIN catalog_edge e ON e.src_id = f.id
      JOIN up u ON u.id = e.dst_id
      JOIN catalog_asset a ON a.id = e.dst_id
     WHERE e.kind = 'direct' AND e.mask = '' AND e.gone_at IS NULL
       AND f.category = ANY(a.categories)
)
SELECT id, category, max(level) FROM flow
 WHERE id = ANY(%(assets)s::bigint[]) AND origin <> id
 GROUP BY id, category
"""
_FUSED = {"id": "bigint", "status": "text", "reason": "text"}
_WRITE = """
UPDATE catalog_labelassertion l
   SET status = f.status, reason = f.reason,
       actor = CASE f.status WHEN 'accepted' THEN %(rules)s ELSE '' END,
       decided_at = CASE f.status WHEN 'accepted' THEN %(at)s END
  FROM pg_temp.fused f
 WHERE f.id = l.id AND (l.status, l.reason) IS DISTINCT FROM (f.status, f.reason)
"""


def fuse_system(system_id: int, *, at: datetime) -> int:
    """Accept what sources agree on, and say of what waits why; return how many rows changed.

    What a rule accepted and no longer agrees goes back to wait. No row is touched about which a
    person has decided.
    """
    rows = staging.run(_SAID, {"system": system_id, "rules": CLASSIFIER})
    if not rows:
        return 0
    said: dict[int, list[Said]] = defaultdict(list)
    open_rows: dict[tuple[int, str, str], int] = {}
    for key, asset, source, category, level, confidence, rule, is_open in rows:
        proposal = Proposal(
            category, Level(level), confidence, rule, (), is_proof=values.proves(rule)
        )
        said[asset].append(Said(Source(source), proposal))
        if is_open:
            open_rows[asset, source, category] = key
    assets = sorted({asset for asset, _, _ in open_rows})
    for asset, category, level in staging.run(
        _INFLOW, {"assets": assets, "by_lineage": BY_LINEAGE}
    ):
        proposal = Proposal(category, Level(level), 0.9, "lineage", ())
        said[asset].append(Said(Source.LINEAGE, proposal))
    decided = _decided(assets, at=at)
    fused: dict[int, tuple[str, str]] = {}
    for asset in assets:
        for verdict in fusion.fuse(said[asset], decided=decided.get(asset)):
            for one in verdict.said:
                row = open_rows.get((asset, one.source.value, one.proposal.category))
                # A whole may stand behind several parts of itself: one accepted part will do.
                if row is not None and fused.get(row, ("", ""))[0] != Status.ACCEPTED:
                    fused[row] = _outcome(verdict)
    staging.load("fused", _FUSED, [(row, *outcome) for row, outcome in fused.items()])
    return int(staging.run(_WRITE, {"rules": CLASSIFIER, "at": at})[0][0])


def _decided(assets: Iterable[int], *, at: datetime) -> dict[int, Decided]:
    denied: dict[int, set[str]] = defaultdict(set)
    stated: dict[int, set[str]] = defaultdict(set)
    rows = staging.run(_DECIDED, {"assets": list(assets), "at": at})
    for asset, category, is_stated in rows:
        (stated if is_stated else denied)[asset].add(category)
    return {
        asset: Decided(
            denied=frozenset(denied.get(asset, set()) - {""}),
            stated=frozenset(stated[asset] - {""}) if asset in stated else None,
        )
        for asset in {row[0] for row in rows}
    }


def _outcome(verdict: Verdict) -> tuple[str, str]:
    """Return the status and the reason of the rows behind ``verdict``."""
    if verdict.outcome is Outcome.ACCEPTED:
        sources = {one.source for one in verdict.said}
        is_lineage = verdict.why == "agree" and Source.VALUE not in sources
        return (
            Status.ACCEPTED,
            BY_LINEAGE if is_lineage else f"fusion/{fusion.VERSION}:{verdict.why}",
        )
    why = "" if verdict.why == "alone" else f"fusion/{fusion.VERSION}:{verdict.why}"
    return Status.PROPOSED, why
