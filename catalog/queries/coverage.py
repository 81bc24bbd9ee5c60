"""Baseline coverage in figures and gaps: counted once, here, for every face."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.backends.postgresql.psycopg_any import mogrify
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Lower

from catalog.domain.coverage import Item
from catalog.models import Asset, CoverageRow
from catalog.models.coverage import CoverageQuerySet, column
from governance.models import Site


@dataclass(frozen=True, slots=True)
class Scope:
    """What a figure is about; an empty word means everything."""

    system: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """Complete assets among those that count; exempt ones beside."""

    slug: str
    name: str
    complete: int
    counted: int
    exempt: int

    @property
    def share(self) -> float | None:
        """Percent of the counted that are complete; None while nothing counts."""
        return 100 * self.complete / self.counted if self.counted else None

    @property
    def gaps(self) -> int:
        """How many of the counted are not complete."""
        return self.counted - self.complete

    def told(self) -> dict[str, Any]:
        """Return the figure as JSON takes it."""
        return {
            "slug": self.slug,
            "name": self.name,
            "complete": self.complete,
            "counted": self.counted,
            "exempt": self.exempt,
            "percent": None if self.share is None else round(self.share, 2),
        }


@dataclass(frozen=True, slots=True)
class Coverage:
    """The figure with its parts, and how often each item is missing."""

    total: Figure
    critical: Figure
    by_site: list[Figure]
    by_system: list[Figure]
    items: dict[Item, int]

    def told(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return {
            "total": self.total.told(),
            "critical": self.critical.told(),
            "by_site": [one.told() for one in self.by_site],
            "by_system": [one.told() for one in self.by_system],
            "missing": {item.value: count for item, count in self.items.items()},
        }


def rows(scope: Scope, *, among: QuerySet[Asset] | None = None) -> CoverageQuerySet:
    """Return the rows of ``scope``, of assets ``among`` some only where that is given."""
    found: CoverageQuerySet = CoverageRow.objects.all()
    if among is not None:
        found = found.filter(asset__in=among.order_by().values("pk"))
    if scope.system:
        found = found.filter(system__slug=scope.system)
    if scope.site:
        site = Site.objects.filter(slug=scope.site).first()
        found = found.filter(site__in=Site.objects.below(site)) if site else found.none()
    return found


def total(found: CoverageQuerySet, *, at: datetime) -> Figure:
    """Return the one figure of ``found`` at ``at``."""
    return Figure("", "total", **found.standing(at).aggregate(**_FIGURE))


def coverage(found: CoverageQuerySet, *, at: datetime) -> Coverage:
    """Return the figure of ``found`` at ``at``, by site, by system, and of the critical ones."""
    live = found.standing(at)
    items = live.filter(Q(("is_exempt", False))).aggregate(
        **{item.value: Count("pk", filter=Q(**{column(item): True})) for item in Item}
    )
    return Coverage(
        total(found, at=at),
        Figure("", "critical only", **found.critical().standing(at).aggregate(**_FIGURE)),
        _by(live, "site"),
        _by(live, "system"),
        {item: items[item.value] for item in Item},
    )


def statement(found: CoverageQuerySet, *, at: datetime) -> str:
    """Return the very SQL of `total`, as one statement that anybody can run again."""
    told: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        told.append(mogrify(sql, params, connection))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        total(found, at=at)
    return told[-1]


def gaps(
    found: CoverageQuerySet, *, at: datetime, item: str = "", after: tuple[str, int] | None = None
) -> QuerySet[Any, Any]:
    """Return the incomplete assets by full name, those that lack ``item`` where it is given."""
    listed = found.gaps(at, item)
    if after is not None:
        name, key = after
        listed = listed.filter(Q(asset__fqn__gt=name) | Q(asset__fqn=name, pk__gt=key))
    found_gaps: QuerySet[Any, Any] = listed.order_by("asset__fqn", "pk").values(
        "kind",
        "criticality",
        "lacks_seen",
        *(column(item) for item in Item if item is not Item.SEEN),
        id=F("asset_id"),
        name=F("asset__name"),
        fqn=F("asset__fqn"),
        level=F("asset__level"),
        system_slug=F("system__slug"),
        system_name=F("system__name"),
        site_slug=F("site__slug"),
        site_name=F("site__name"),
        owner=F("asset__owner__name"),
    )
    return found_gaps


def missing(row: dict[str, Any]) -> list[Item]:
    """Return what a row of `gaps` lacks, in the order of `Item`."""
    return [item for item in Item if row[column(item)]]


def exempt(found: CoverageQuerySet, *, at: datetime) -> QuerySet[Any, Any]:
    """Return the exempt assets with who gave it, why and until when, soonest first."""
    return (
        found.standing(at)
        .filter(Q(("is_exempt", True)), asset__exemptions__ended_at=None)
        .order_by("exempt_until", "pk")
        .values(
            "exempt_until",
            id=F("asset_id"),
            fqn=F("asset__fqn"),
            exemption=F("asset__exemptions"),
            reason=F("asset__exemptions__reason"),
            actor=F("asset__exemptions__actor"),
        )
    )


def lacking(assets: Iterable[int], *, at: datetime) -> dict[int, list[Item] | None]:
    """Return what each of ``assets`` that counts lacks; None where it is exempt.

    What is not in it is not counted one by one, or is gone.
    """
    found = CoverageRow.objects.standing(at).filter(pk__in=list(assets))
    named = found.values("pk", "is_exempt", *(column(item) for item in Item))
    return {row["pk"]: None if row["is_exempt"] else missing(row) for row in named}


_FIGURE = {
    "complete": Count("pk", filter=Q(is_exempt=False, is_complete=True)),
    "counted": Count("pk", filter=Q(is_exempt=False)),
    "exempt": Count("pk", filter=Q(is_exempt=True)),
}


def _by(live: CoverageQuerySet, path: str) -> list[Figure]:
    named = live.order_by(Lower(f"{path}__name").asc(nulls_last=True), f"{path}__slug")
    return [
        Figure(slug or "", name or f"no {path}", **row)
        for row in named.values(f"{path}__slug", f"{path}__name").annotate(**_FIGURE)
        for slug, name in [(row.pop(f"{path}__slug"), row.pop(f"{path}__name"))]
    ]
