"""Finding the assets that documents speak of, and listing those that nobody knew."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from catalog.actions import proposing, reconciling, settling
from catalog.domain.assets import DATA_KINDS, AssetKind
from catalog.harvest.rows import AssetRow, Harvested, LineageRow
from catalog.models import Asset
from governance.models import GovernedSystem
from governance.postgresql import staging

_CONTAINERS = (AssetKind.DATABASE, AssetKind.SCHEMA)
_STAGED_IDS = "SELECT source_key, id FROM pg_temp.harvested"


@dataclass(frozen=True, slots=True)
class Placed:
    """The assets of rows, by source key, and what listing the unknown ones changed."""

    ids: dict[str, int]
    bound: tuple[int, ...]
    """Assets that were known by another source."""
    holders: dict[str, str]
    """Source keys of columns to those of what holds them."""
    new: int = 0
    changed: int = 0

    def end(self, key: str) -> tuple[int, bool] | None:
        """Return the asset of ``key``, or the nearest that holds it and False."""
        is_exact = True
        while key not in self.ids:
            if key not in self.holders:
                return None
            key, is_exact = self.holders[key], False
        return self.ids[key], is_exact


def place(
    harvested: Harvested,
    *,
    among: Collection[int],
    own: GovernedSystem | None,
    register: Callable[[], GovernedSystem],
    at: datetime,
) -> Placed:
    """Bind rows to live assets of the systems ``among`` by full name; list the others.

    A known table is left as its own source states it: it gets no column from here. What is
    listed here stands in ``own``, which ``register`` makes when it is needed first.
    """
    rows = harvested.rows
    ids = _bound(rows, among, own)
    bound = tuple(ids[row.source_key] for row in rows if row.source_key in ids)
    tables = {row.source_key for row in rows if row.kind in DATA_KINDS and row.source_key in ids}
    held = {row.source_key: row.parent_key for row in rows if row.parent_key}
    left = [
        row
        for row in rows
        if row.source_key not in ids and not _is_within(row.source_key, held, tables)
    ]
    needed = {
        key for row in left if row.kind not in _CONTAINERS for key in _above(row.source_key, held)
    }
    left = [row for row in left if row.kind not in _CONTAINERS or row.source_key in needed]
    if not left:
        return Placed(ids, bound, held)
    system = own or register()
    named = proposing.Named()
    change = reconciling.agree(
        system,
        replace(harvested, rows=tuple(left), lineage=(), foreign_keys=(), complete=False),
        at=at,
        label=named.labels,
        holders=ids,
    )
    ids |= dict(staging.run(_STAGED_IDS, {}))
    if change.new or change.changed:
        settling.inherit(system.pk)
        proposing.look(system, at=at, only_harvested=True, named=named)
    return Placed(ids, bound, held, change.new, change.changed)


def edge(placed: Placed, row: LineageRow) -> tuple[int, int, str, str, str] | None:
    """Return the ends, kind, transform and mask of ``row``; None where an end is no asset.

    Where a column is not known, its table stands for it, and how is then not known either.
    """
    source, target = placed.end(row.source_key), placed.end(row.target_key)
    if source is None or target is None or source[0] == target[0]:
        return None
    if source[1] and target[1]:
        return source[0], target[0], row.kind, row.transform, row.mask
    kind = "indirect" if row.kind == "indirect" else "opaque"
    return source[0], target[0], kind, row.transform if kind == "indirect" else "", ""


def merged(placed: Iterable[Placed]) -> Placed:
    """Return several placements as one."""
    ids: dict[str, int] = {}
    holders: dict[str, str] = {}
    bound: list[int] = []
    new = changed = 0
    for one in placed:
        ids |= one.ids
        holders |= one.holders
        bound += one.bound
        new, changed = new + one.new, changed + one.changed
    return Placed(ids, tuple(bound), holders, new, changed)


def _bound(
    rows: Iterable[AssetRow], among: Collection[int], own: GovernedSystem | None
) -> dict[str, int]:
    """Return the known assets of ``rows``; a name that several systems have is nobody's.

    What was listed from here before is not another's: its own row describes it.
    """
    if not among:
        return {}
    wanted = {row.fqn: row for row in rows}
    found: dict[str, list[Asset]] = {}
    live = Asset.objects.live().filter(system__in=among, fqn__in=list(wanted))
    for asset in live.only("pk", "fqn", "kind", "source_key", "system_id"):
        found.setdefault(asset.fqn, []).append(asset)
    ids: dict[str, int] = {}
    for name, assets in found.items():
        row, asset = wanted[name], assets[0]
        if len(assets) > 1 or asset.source_key == row.source_key:
            continue
        if row.kind in _CONTAINERS and (own is None or asset.system_id != own.pk):
            continue
        if (row.kind is AssetKind.COLUMN) == (asset.kind == AssetKind.COLUMN.value):
            ids[row.source_key] = asset.pk
    return ids


def _above(key: str, held: dict[str, str]) -> Iterable[str]:
    while key in held:
        key = held[key]
        yield key


def _is_within(key: str, held: dict[str, str], tables: set[str]) -> bool:
    return any(above in tables for above in _above(key, held))
