"""What the catalog knows of the things that an incident is about."""

from dataclasses import dataclass

from django.db.models import QuerySet

from catalog.models import Asset
from incidents.models import Incident, IncidentLink, LinkRole
from incidents.queries.things import ASSET, PARTNER

_COUNTED = (LinkRole.AFFECTED, LinkRole.SUSPECTED, LinkRole.INVOLVED)


@dataclass(frozen=True, slots=True)
class Affected:
    """The data behind the assets of an incident, and the partners in it.

    ``records`` adds the estimates of rows, None where none is known.
    """

    assets: int
    is_personal: bool
    level: int | None
    kinds: frozenset[str]
    categories: tuple[str, ...]
    records: int | None
    partners: tuple[tuple[str, str], ...]


def of(incident: Incident) -> Affected:
    """Return it for all things that are not known to be clean, whoever asks: duties of law do
    not depend on what the reader may see.
    """
    links = list(IncidentLink.objects.filter(incident=incident, role__in=_COUNTED))
    keys = [
        int(key)
        for kind, _, key in (row.target.partition(":") for row in links)
        if kind == ASSET and key.isdecimal() and len(key) < 19
    ]
    rows: QuerySet[Asset] = Asset.objects.filter(pk__in=keys)
    told = list(rows.values_list("kind", "level", "is_personal", "categories", "row_estimate"))
    levels = [level for _, level, _, _, _ in told if level is not None]
    counts = [count for *_, count in told if count is not None and count >= 0]
    names = {one for _, _, _, categories, _ in told for one in categories or ()}
    return Affected(
        assets=len(told),
        is_personal=any(personal for _, _, personal, _, _ in told),
        level=max(levels, default=None),
        kinds=frozenset(kind for kind, *_ in told),
        categories=tuple(sorted(names)),
        records=sum(counts) if counts else None,
        partners=tuple(
            (row.target, row.label) for row in links if row.target.startswith(f"{PARTNER}:")
        ),
    )
