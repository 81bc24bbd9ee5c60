"""Proposing labels for what tags of other tools and classifications of contracts say."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from catalog.domain import tags
from catalog.domain.labels import Label, floor
from catalog.models import Term
from governance.postgresql import staging

CONFIDENCE = 0.9
"""Somebody wrote it down; whether it is true of these data is for people."""
_STAGED = {
    "asset_id": "bigint",
    "level": "smallint",
    "category": "text",
    "evidence": "text",
}
_PROPOSE = """
INSERT INTO catalog_labelassertion AS l
       (asset_id, polarity, level, category, source, rule, confidence, evidence, status,
        proposed_at, actor, reason)
SELECT DISTINCT ON (p.asset_id, p.category)
       p.asset_id, 'is', p.level, p.category, %(source)s, %(rule)s, %(confidence)s,
       p.evidence::jsonb, 'proposed', %(at)s, '', ''
  FROM pg_temp.tagged p
 ORDER BY p.asset_id, p.category, p.level DESC, p.evidence
    ON CONFLICT (asset_id, category, source, polarity) DO UPDATE
   SET level = excluded.level, rule = excluded.rule, evidence = excluded.evidence,
       status = 'proposed', proposed_at = excluded.proposed_at
 WHERE l.status IN ('proposed', 'superseded')
   -- What another document said before gives way to a higher level alone.
   AND (l.rule = excluded.rule OR l.status = 'superseded' OR l.level < excluded.level)
   AND (l.level, l.rule, l.evidence, l.status)
       IS DISTINCT FROM (excluded.level, excluded.rule, excluded.evidence, 'proposed')
RETURNING l.asset_id
"""

_SUPERSEDE = """
UPDATE catalog_labelassertion l SET status = 'superseded'
 WHERE l.source = %(source)s AND l.rule = %(rule)s AND l.status = 'proposed'
   AND NOT EXISTS (SELECT FROM pg_temp.tagged p
                    WHERE p.asset_id = l.asset_id AND p.category = l.category)
RETURNING l.asset_id
"""

Origin = Literal["import", "odcs"]


def propose(
    said: Iterable[tuple[int, str, str]],
    *,
    source: Origin,
    rule: str,
    at: datetime,
    is_whole: bool = False,
) -> set[int]:
    """Propose a label for each (asset, tag, value) that speaks of sensitivity.

    What a person decided stays. Return the assets whose proposals changed; their labels are for
    the caller to settle. With ``is_whole`` the rule no longer proposes what is not said here.
    Evidence keeps the tag and not its value, which may be anything.
    """
    rows = []
    replaced = Term.objects.replaced()
    for asset, tag, value in said:
        label = tags.label_of(tag, value)
        if label is not None:
            told = most_special(label)
            category = replaced.get(told, told)
            level = max(label.level, floor([category])) if category else label.level
            rows.append((asset, level.value, category, json.dumps([tag[:80]])))
    if not rows and not is_whole:
        return set()
    staging.load("tagged", _STAGED, rows)
    parameters = {"source": source, "rule": rule[:120], "confidence": CONFIDENCE, "at": at}
    changed = staging.run(_PROPOSE, parameters)
    if is_whole:
        changed += staging.run(_SUPERSEDE, parameters)
    return {row[0] for row in changed}


def most_special(label: Label) -> str:
    """Return the category furthest down; its ancestors follow from it."""
    return max(label.categories, key=lambda one: (one.count("."), one), default="")
