"""What the page of one asset shows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from catalog.domain.assets import DATA_KINDS, AssetKind
from catalog.domain.coverage import Item
from catalog.domain.labels import exact
from catalog.models import (
    Answer,
    Asset,
    Edge,
    EdgeKind,
    HarvestRun,
    LabelAssertion,
    OwnerAnswer,
    Status,
)
from catalog.permissions import Act
from catalog.queries import coverage
from catalog.web import asking, glossary, granted, labels, lineage
from catalog.web.labels import LabelLine
from governance import access, registries
from governance.domain.actor import Actor
from governance.models import User
from governance.registries import Panel

MOST_CHILDREN = 200
MOST_KEYS = 50


@dataclass(frozen=True, slots=True)
class ChildLine:
    """A child with its own labels; columns show their type, others what they hold.

    ``flowed`` names the categories that hold although nobody said them of the child itself,
    and ``is_raised`` that its level is above what was said of it.
    """

    pk: int
    name: str
    kind: str
    about: str
    level: str
    labels: list[LabelLine]
    flowed: list[str]
    is_raised: bool

    @property
    def has_flowed(self) -> bool:
        """Whether more holds than was said of the child."""
        return self.is_raised or bool(self.flowed)


def compose(asset: Asset, by: Actor, *, depth: str = "", at: datetime) -> dict[str, Any]:
    """Return everything that ``asset.html`` needs; what ``by`` may not see is left out."""
    ancestors = _ancestors(asset)
    said = labels.of(asset, by, at)
    children = Asset.objects.live().filter(parent=asset)
    columns, total = _children(children, said, asset)
    own = said.get(asset.pk, [])
    found = coverage.lacking([asset.pk], at=at)
    lacking = found.get(asset.pk, [])
    to_review = [
        label
        for lines in said.values()
        for label in lines
        if label.status == Status.PROPOSED and not label.lowers
    ]
    return {
        "asset": asset,
        "crumbs": ancestors[::-1],
        "level": asset.level_name,
        "labels": labels.explained(asset, own, by, at=at, is_leaf=not total),
        "children": columns,
        "child_count": total,
        "has_columns": any(line.kind == AssetKind.COLUMN.value for line in columns),
        "to_review": len(to_review),
        "may_read_labels": access.allows(by, Act.LABEL_READ, LabelAssertion(asset=asset), at=at),
        "special": sum(1 for label in to_review if label.category),
        "owner": _owner(asset, ancestors),
        "site_from": _source(asset, ancestors, "stated_site_id") or "the system",
        "zone_from": _source(asset, ancestors, "stated_zone_id"),
        "gaps": [item.words for item in lacking or ()],
        "disowned": _disowned(asset) if Item.BUSINESS_OWNER in (lacking or ()) else None,
        "is_exempt": lacking is None,
        "is_data": asset.kind in DATA_KINDS,
        "counts": asset.pk in found,
        "keys": _keys(asset, by, at),
        "lineage": lineage.of(asset, by, depth=depth, at=at) if _has_lineage(asset) else None,
        "access": granted.on(asset, by, at=at),
        "asking": asking.of(asset, by, at=at),
        "terms": glossary.of(asset, by, at=at),
        "panels": _panels(asset, by),
        "last_run": HarvestRun.objects.filter(system=asset.system).first(),
        "may_decide": bool(to_review)
        and access.allows(by, Act.LABEL_DECIDE, LabelAssertion(asset=asset), at=at),
        "may_own": access.allows(by, Act.ASSET_ASSIGN, asset, at=at),
        "people": _people(),
        "at": at,
    }


def _has_lineage(asset: Asset) -> bool:
    return asset.kind in (*DATA_KINDS, AssetKind.COLUMN.value)


def _ancestors(asset: Asset) -> list[Asset]:
    """Return the parents, nearest first; they were read together with the asset."""
    found = []
    node = asset.parent
    while node is not None:
        found.append(node)
        node = node.parent
    return found


def _source(asset: Asset, ancestors: list[Asset], field: str) -> str:
    """Say which asset states what is in force here; empty when none does."""
    if getattr(asset, field):
        return "here"
    return next((f"{node.kind} {node.name}" for node in ancestors if getattr(node, field)), "")


def _owner(asset: Asset, ancestors: list[Asset]) -> dict[str, Any] | None:
    if asset.owner is None:
        return None
    return {
        "name": asset.owner.name,
        "is_active": asset.owner.is_active,
        "source": _source(asset, ancestors, "stated_owner_id"),
    }


def _disowned(asset: Asset) -> OwnerAnswer | None:
    """Return what the owner in force said, where that is that the asset is not theirs."""
    return OwnerAnswer.objects.filter(
        asset=asset, user=asset.owner_id, answer=Answer.NOT_MINE
    ).first()


def _children(
    rows: QuerySet[Asset], said: dict[int, list[LabelLine]], asset: Asset
) -> tuple[list[ChildLine], int]:
    found = list(
        rows.order_by(F("ordinal").asc(nulls_last=True), "name", "pk")[: MOST_CHILDREN + 1]
    )
    total = len(found) if len(found) <= MOST_CHILDREN else rows.count()
    return [
        ChildLine(
            pk=row.pk,
            name=row.name,
            kind=row.kind,
            about=_about(row),
            level=row.level_name,
            labels=said.get(row.pk, []),
            flowed=_flowed(row),
            is_raised=(row.level or 0) > (row.own_level or 0),
        )
        for row in found[:MOST_CHILDREN]
    ], total


def _flowed(row: Asset) -> list[str]:
    """Return the categories, parts without their wholes, that lineage brought to ``row``."""
    return exact(set(row.categories) - set(row.own_categories))


def _about(row: Asset) -> str:
    parts = [row.physical_type]
    if row.key_position:
        parts.append("primary key")
    if row.nullable is False and not row.key_position:
        parts.append("required")
    return ", ".join(part for part in parts if part)


def _keys(asset: Asset, by: Actor, at: datetime) -> list[Any]:
    """Return the foreign keys from and to the columns of a table, or of a column."""
    here = [asset.pk]
    edges = (
        Edge.objects.live()
        .filter(kind=EdgeKind.FOREIGN_KEY)
        .filter(
            Q(src__in=here) | Q(dst__in=here) | Q(src__parent__in=here) | Q(dst__parent__in=here)
        )
    )
    seen = access.visible(Asset.objects.all(), to=by, act=Act.ASSET_READ, at=at).values("pk")
    rows = edges.filter(src__in=seen, dst__in=seen).values(
        "src", "dst", "src__fqn", "dst__fqn", "name"
    )
    return list(rows.order_by("src__fqn", "dst__fqn")[:MOST_KEYS])


def _panels(asset: Asset, by: Actor) -> list[Panel]:
    """Ask the higher apps; several may speak of an asset: ``catalog.asset:<topic>``."""
    kind = asset.resource_type()
    return [
        panel
        for name, panels in registries.panels
        if name.partition(":")[0] == kind
        for panel in panels(asset.ref, by)
    ]


def _people() -> QuerySet[User, Any]:
    """Return those who may own assets; the page uses them only where it offers the choice."""
    return User.objects.filter(kind="person", is_active=True, party="").values("email", "name")
