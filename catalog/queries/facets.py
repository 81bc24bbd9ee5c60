"""How what was found spreads over sites, levels, categories, kinds, owners, terms and gaps."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from catalog.domain.coverage import Item
from catalog.domain.labels import Level
from catalog.models import Asset, CoverageRow
from catalog.models.coverage import column
from catalog.queries.assets import UNCLASSIFIED, labeled_sites
from governance.domain.actor import Actor
from governance.postgresql import staging

COUNTED = 1_000
"""Of more matches only these are counted, and the answer says so."""
NAMES = ("site", "level", "category", "kind", "owner", "term", "gap")

_COUNTS = """
WITH one AS MATERIALIZED (SELECT * FROM catalog_asset WHERE id = ANY(%(ids)s::bigint[]))
SELECT 'site', s.slug, s.name, count(*) FROM one JOIN governance_site s ON s.id = one.site_id
 GROUP BY 2, 3
 UNION ALL
SELECT 'level', coalesce(level::text, ''), '', count(*) FROM one GROUP BY 2
 UNION ALL
SELECT 'category', c, c, count(*) FROM one, unnest(categories) c
 WHERE site_id = ANY(%(labeled)s::bigint[]) GROUP BY 2
 UNION ALL
SELECT 'kind', kind, kind, count(*) FROM one GROUP BY 2
 UNION ALL
SELECT 'owner', u.id::text, u.name, count(*) FROM one JOIN governance_user u ON u.id = one.owner_id
 GROUP BY 2, 3
 UNION ALL
SELECT 'term', t.id::text, t.name, count(*) FROM one JOIN catalog_assetterm k ON k.asset_id = one.id
  JOIN catalog_businessterm t ON t.id = k.term_id AND t.ended_at IS NULL GROUP BY 2, 3
 ORDER BY 1, 4 DESC, 3, 2
"""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a facet: the word to filter by, what people call it, and how often it is."""

    value: str
    title: str
    count: int


@dataclass(frozen=True, slots=True)
class Facets:
    """``total`` matches and their values, most frequent first.

    ``is_more`` says that there are more than 1,000: then the total and each count are those of
    the first 1,000, so at least so many.
    """

    total: int
    is_more: bool
    values: dict[str, tuple[Value, ...]]


def count(
    rows: QuerySet[Asset], *, found: Collection[int] | None, to: Actor, at: datetime
) -> Facets:
    """Return the facets of ``rows``, which must be those ``to`` may see; with a text only of
    what a search ``found`` among them.
    """
    if found is None:
        keys = list(rows.order_by().values_list("pk", flat=True)[: COUNTED + 1])
    else:
        keys = list(found)
    is_more = len(keys) > COUNTED
    chosen = keys[:COUNTED]
    values: dict[str, list[Value]] = {name: [] for name in NAMES}
    for facet, value, title, number in staging.run(
        _COUNTS, {"ids": chosen, "labeled": labeled_sites(to=to, at=at)}
    ):
        if facet == "level":
            value = title = Level(int(value)).slug if value else UNCLASSIFIED
        values[facet].append(Value(value, title, number))
    values["gap"] = _gaps(chosen, at=at)
    return Facets(len(chosen), is_more, {name: tuple(some) for name, some in values.items()})


def _gaps(keys: list[int], *, at: datetime) -> list[Value]:
    """Return what is missing for the baseline at ``at``, and how often."""
    found = CoverageRow.objects.gaps(at).filter(pk__in=keys)
    counts = found.aggregate(
        any=Count("pk"),
        **{item.value: Count("pk", filter=Q((column(item), True))) for item in Item},
    )
    titles = {"any": "any of the baseline", **{item.value: item.words for item in Item}}
    return [Value(name, titles[name], number) for name, number in counts.items() if number]
