"""What rules propose: by names, by values already judged, by columns that stand together.

Set operations, parts of the transaction of the action that made them necessary. They write a
row only when it differs, and never one about which a person has decided.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from catalog.actions import fusing, settling
from catalog.detectors import combination, names
from catalog.detectors.proposals import Proposal
from catalog.domain.labels import Level, closure, floor
from catalog.models import Source, Term
from catalog.models.label import CLASSIFIER
from governance.domain import fqn
from governance.models import GovernedSystem
from governance.postgresql import staging

Judged = Mapping[str, tuple[Proposal, ...]]
"""What the values of each sampled column speak for, by the column's key in its source."""

UNTOLD = 0.5
"""Confidence that data are internal when nothing in a name speaks for more."""

_PROPOSED = {
    "asset_id": "bigint",
    "source": "text",
    "level": "smallint",
    "category": "text",
    "rule": "text",
    "confidence": "float8",
    "evidence": "text",
}
_LOOKED = {"asset_id": "bigint", "source": "text"}
_ALL_COLUMNS = """
SELECT a.id, a.fqn, a.physical_type, a.source_key FROM catalog_asset a
 WHERE a.system_id = %(system)s AND a.kind = 'column' AND a.gone_at IS NULL
"""
_TOUCHED_COLUMNS = """
SELECT s.id, s.fqn, s.physical_type, s.source_key FROM pg_temp.harvested s
 WHERE s.kind = 'column' AND s.state <> 'unchanged'
"""
_TOGETHER = """
SELECT a.parent_id, array_agg(a.name ORDER BY a.id),
       array_agg(array_to_string(a.categories, ' ') ORDER BY a.id)
  FROM catalog_asset a
 WHERE a.system_id = %(system)s AND a.kind = 'column' AND a.gone_at IS NULL
 GROUP BY a.parent_id
"""
# The counts in the evidence of values differ from sample to sample; they are no news by
# themselves.
_PROPOSE = """
INSERT INTO catalog_labelassertion AS l
       (asset_id, polarity, level, category, source, rule, confidence, evidence, status,
        proposed_at, proposed_by, actor, reason)
SELECT p.asset_id, 'is', p.level, p.category, p.source, p.rule, p.confidence, p.evidence::jsonb,
       'proposed', %(at)s, '', '', ''
  FROM pg_temp.proposed p
    ON CONFLICT (asset_id, category, source, polarity) DO UPDATE
   SET level = excluded.level, rule = excluded.rule, confidence = excluded.confidence,
       evidence = excluded.evidence, status = 'proposed', proposed_at = excluded.proposed_at,
       actor = '', decided_at = NULL, reason = ''
 WHERE (l.status IN ('proposed', 'superseded') OR l.actor = %(rules)s)
   AND (l.status = 'superseded'
        OR (l.level, l.rule, l.confidence)
           IS DISTINCT FROM (excluded.level, excluded.rule, excluded.confidence)
        OR (l.source <> 'value' AND l.evidence <> excluded.evidence))
"""
# ``OFFSET 0`` keeps the look-up by asset: while the rows of a new system have no statistics, the
# planner would compare every assertion with every asset.
_SUPERSEDE = """
UPDATE catalog_labelassertion l
   SET status = 'superseded', actor = '', decided_at = NULL, reason = ''
  FROM pg_temp.looked k
 CROSS JOIN LATERAL (
       SELECT o.id, o.category FROM catalog_labelassertion o
        WHERE o.asset_id = k.asset_id AND o.source = k.source AND o.polarity = 'is'
          AND (o.status = 'proposed' OR (o.status = 'accepted' AND o.actor = %(rules)s))
       OFFSET 0) o
 WHERE l.id = o.id
   AND NOT EXISTS (SELECT FROM pg_temp.proposed p
                    WHERE p.asset_id = k.asset_id AND p.source = k.source
                      AND p.category = o.category)
"""


def rules() -> str:
    """Return the identity of the rules that need no values; another one makes every column new."""
    return f"names/{names.dictionary().version} combination/{combination.VERSION}"


class Named:
    """What the names of columns speak for, worked out once and kept for one transaction."""

    def __init__(self) -> None:
        self._rows: dict[int, list[tuple[Any, ...]]] = {}
        self._replaced = Term.objects.replaced()

    def labels(self, columns: list[tuple[Any, ...]]) -> Iterator[tuple[int, int, list[str]]]:
        """Yield the label (id, level, categories) that the name gives to each of ``columns``."""
        for asset, full_name, physical_type in columns:
            rows = self.rows(asset, full_name, physical_type)
            held = closure(row[3] for row in rows if row[3])
            yield asset, max(row[2] for row in rows), sorted(held)

    def rows(self, asset: int, full_name: str, physical_type: str) -> list[tuple[Any, ...]]:
        """Return the proposals of one column: at least that its data are internal."""
        if asset not in self._rows:
            said = [*_by_name(asset, full_name, physical_type)]
            self._rows[asset] = [*_in_force(said, self._replaced)]
        return self._rows[asset]


def look(
    system: GovernedSystem,
    *,
    at: datetime,
    only_harvested: bool = False,
    moved: Iterable[int] = (),
    judged: Judged | None = None,
    named: Named | None = None,
) -> int:
    """Propose labels, fuse what sources say and settle; return how many assertions changed.

    Args:
        system: whose columns are looked at.
        only_harvested: only the names that the harvest of this very transaction found new or
            changed.
        moved: assets into which data flow otherwise now.
        judged: what values speak for; None where none were looked at, and then what values said
            before stays.
        named: what is known already of names.
    """
    named = named or Named()
    names_of = staging.run(
        _TOUCHED_COLUMNS if only_harvested else _ALL_COLUMNS, {"system": system.pk}
    )
    said = [said for row in names_of for said in named.rows(*row[:3])]
    looked = [(row[0], Source.NAME.value) for row in names_of]
    if judged is not None:
        columns = (
            names_of if not only_harvested else staging.run(_ALL_COLUMNS, {"system": system.pk})
        )
        sampled = [(row[0], judged[row[3]]) for row in columns if row[3] in judged]
        said += _rows(sampled, Source.VALUE)
        looked += [(asset, Source.VALUE.value) for asset, _ in sampled]
    changed = _take(said, looked, at=at)
    settled = settling.label_system(system.pk, at=at, seeds=moved)
    if changed or settled or not only_harvested:
        together = _combined(system.pk, at=at)
        if together:
            settling.label_system(system.pk, at=at)
        changed += together
    fused = fusing.fuse_system(system.pk, at=at)
    if fused:
        settling.label_system(system.pk, at=at)
    return changed + fused


def _take(said: list[tuple[Any, ...]], looked: list[tuple[int, str]], *, at: datetime) -> int:
    """Keep what is ``said`` of assets that were ``looked`` at, each by its source."""
    if not looked:
        return 0
    staging.load("proposed", _PROPOSED, _in_force(said, Term.objects.replaced()))
    staging.load("looked", _LOOKED, looked)
    changed = 0
    for statement in (_PROPOSE, _SUPERSEDE):
        changed += staging.run(statement, {"at": at, "rules": CLASSIFIER})[0][0]
    return changed


def _in_force(
    said: list[tuple[Any, ...]], replaced: Mapping[str, str]
) -> Iterable[tuple[Any, ...]]:
    """Say what speaks of a retired category of the one in its place, once of each asset."""
    if not replaced:
        return said
    found: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for asset, source, level, category, *rest in said:
        new = replaced.get(category, category)
        row = (asset, source, max(level, floor([new]).value) if new else level, new, *rest)
        if found.setdefault((asset, source, new), row)[2] < row[2]:
            found[asset, source, new] = row
    return found.values()


def _combined(system_id: int, *, at: datetime) -> int:
    """Propose that tables single out persons, though no column of theirs need be personal."""
    found, looked = [], []
    for table, columns, categories in staging.run(_TOGETHER, {"system": system_id}):
        looked.append((table, Source.COMBINATION.value))
        proposal = combination.combine(
            {name: held.split() for name, held in zip(columns, categories, strict=True)}
        )
        if proposal is not None:
            found.append((table, (proposal,)))
    return _take([*_rows(found, Source.COMBINATION)], looked, at=at)


def _by_name(asset: int, full_name: str, physical_type: str) -> Iterator[tuple[Any, ...]]:
    path = fqn.split(full_name)
    found = names.propose(path[-1], context=path[1:-1], physical_type=physical_type)
    yield from _rows([(asset, found)], Source.NAME)
    if not found:
        rule = f"names/{names.dictionary().version}:none"
        yield asset, Source.NAME.value, Level.INTERNAL.value, "", rule, UNTOLD, "[]"


def _rows(
    found: Iterable[tuple[int, Iterable[Proposal]]], source: Source
) -> Iterator[tuple[Any, ...]]:
    for asset, proposals in found:
        for proposal in proposals:
            yield (
                asset,
                source.value,
                proposal.level.value,
                proposal.category,
                proposal.rule,
                proposal.confidence,
                json.dumps(proposal.evidence),
            )
