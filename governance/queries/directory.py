"""The directory of foreign entities, held in memory until its stamp changes.

It is small by purpose: what is large has an app of its own.
"""

from dataclasses import dataclass
from threading import Lock

from governance.models import AttributeSource, Entity, EntityType
from governance.policy.casbin_policy import EVERYWHERE


@dataclass(frozen=True, slots=True)
class Known:
    """What the directory says of one entity."""

    properties: dict[str, object]
    domain: str


@dataclass(frozen=True, slots=True)
class Directory:
    """Entities by kind, type and id; ``ids`` are sorted."""

    entities: dict[tuple[str, str], dict[str, Known]]
    ids: dict[tuple[str, str], list[str]]
    trusting: frozenset[tuple[str, str]]
    """Types for which a caller's claim comes before what stands here."""
    acts: dict[str, tuple[str, ...]]

    def find(self, kind: str, name: str, key: str) -> Known | None:
        rows = self.entities.get((kind, name))
        return rows.get(key) if rows else None


EMPTY = Directory({}, {}, frozenset(), {})
_loading = Lock()
_kept: tuple[str, Directory] = ("", EMPTY)


def at_stamp(stamp: str) -> Directory:
    """Return the directory as of ``stamp``: no query while nothing changed."""
    global _kept
    kept = _kept
    if kept[0] == stamp:
        return kept[1]
    with _loading:
        if _kept[0] != stamp:
            _kept = (stamp, _load())
        return _kept[1]


def _load() -> Directory:
    entities: dict[tuple[str, str], dict[str, Known]] = {}
    columns = ("kind", "type", "key", "properties", "site__slug")
    for kind, name, key, properties, site in Entity.objects.order_by().values_list(*columns):
        domain = f"site:{site}" if site else EVERYWHERE
        entities.setdefault((kind, name), {})[key] = Known(properties, domain)
    types = list(EntityType.objects.values_list("kind", "name", "source", "acts"))
    return Directory(
        entities,
        {place: sorted(rows) for place, rows in entities.items()},
        frozenset(
            (kind, name) for kind, name, source, _ in types if source != AttributeSource.SERVER
        ),
        {name: tuple(acts) for kind, name, _, acts in types if kind == "resource"},
    )
