"""Looking for assets by words: what is called so, what begins so, what holds it, what is like it.

Four steps, each only while the ones before leave a page unfilled: the full name; all words, each
as the beginning of a word of the name, its path or the description; the text as it stands within
a full name; and, where nothing of that was found, names like it. Each step looks at up to 2,000
matches that the reader may see, and ranks those. What a search finds is thus small, and its order
is worked out here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import BooleanField, FloatField, QuerySet
from django.db.models.expressions import RawSQL

from catalog.models import Asset

MOST = 2_000
"""Matches of a step that are ranked."""
ENOUGH = 50
"""With so many, less exact matches are not looked for."""
_LETTERS = 3
"""Fewer make no trigram: the index cannot help."""

# The column and the functions are of migration 0007. The table stands by its own name because
# these statements have no subquery on it.
_WORDS = "catalog_asset.search @@ catalog_asked(%s)"
_SUBSTRING = "catalog_asset.fqn ILIKE %s"
_SIMILAR = "%s <%% catalog_asset.name"
_RANK = """(4 * (lower(catalog_asset.name) = lower(%s))::int
 + 2 * (catalog_asset.kind <> 'column')::int
     * starts_with(lower(catalog_asset.name), lower(%s))::int
 + ts_rank('{0.1, 0.2, 0.4, 1}', catalog_asset.search, catalog_asked(%s))
 + 1.0 / (8 + length(catalog_asset.name)))"""
_LIKENESS = "word_similarity(%s, catalog_asset.name) + similarity(%s, catalog_asset.name)"

STEPS = ("name", "words", "substring", "similar")


class Hit(NamedTuple):
    """One asset that was found, in the order of the answer; also where a next page goes on."""

    step: int
    less: float
    fqn: str
    id: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, best first; ``truncated`` says that there is more to rank."""

    hits: tuple[Hit, ...]
    truncated: bool

    def after(self, hit: Hit | None, count: int) -> Sequence[Hit]:
        """Return up to ``count`` hits behind ``hit``, whether or not that one is still there."""
        behind = self.hits if hit is None else [one for one in self.hits if one > hit]
        return behind[:count]


def find(rows: QuerySet[Asset], text: str) -> Found:
    """Return what is found by ``text`` among ``rows``, which must be those the reader may see."""
    hits: dict[int, Hit] = {}
    truncated = False
    with transaction.atomic(), connection.cursor() as cursor:
        # A frequent word makes the planner read the table until it has seen enough; a rare one
        # among frequent ones then costs all of it. The indexes cost the same for both.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL pg_trgm.word_similarity_threshold = 0.45")
        for step, name in enumerate(STEPS):
            if len(hits) >= ENOUGH or (name == "similar" and hits):
                break
            found = _step(rows, name, text)
            truncated = truncated or len(found) > MOST
            for key, fqn, score in found[:MOST]:
                hits.setdefault(key, Hit(step, -round(score, 5), fqn, key))
        cursor.execute("SET LOCAL enable_seqscan = on")
    return Found(tuple(sorted(hits.values())), truncated)


def _step(rows: QuerySet[Asset], name: str, text: str) -> list[tuple[int, str, float]]:
    score, given = _RANK, [text, text, text]
    longest = max(map(len, re.findall(r"[^\W_]+", text)), default=0)
    match name:
        case "name":
            rows = rows.filter(fqn=text)
        case "words":
            rows = _where(rows, _WORDS, text)
        case "substring":
            if longest < _LETTERS:
                return []
            escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            rows = _where(rows, _SUBSTRING, f"%{escaped}%")
        case _:
            if longest < _LETTERS:
                return []
            rows = _where(rows, _SIMILAR, text)
            score, given = _LIKENESS, [text, text]
    ranked = rows.order_by().annotate(score=RawSQL(score, given, output_field=FloatField()))  # noqa: S611 - constants
    return [
        (key, fqn, score or 0.0)
        for key, fqn, score in ranked.values_list("pk", "fqn", "score")[: MOST + 1]
    ]


def _where(rows: QuerySet[Asset], condition: str, value: str) -> QuerySet[Asset]:
    return rows.filter(RawSQL(condition, [value], output_field=BooleanField()))  # noqa: S611 - a constant
