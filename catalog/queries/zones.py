"""What is wrong with the segmentation of a site: one statement for each kind of finding."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from catalog.domain.assets import OT_KINDS
from catalog.domain.zones import (
    UNUSED_DAYS,
    Finding,
    FindingKind,
    Gap,
    Requirement,
    SecurityLevel,
    ordered,
)
from governance.models import Site

SHOWN_NAMES = 3

# Whether conduit c lets flow f pass from zone sz to zone dz. A party outside stands in no zone
# of ours: any untrusted zone that the conduit leads into is its place.
PERMITS = """
    c.gone_at IS NULL AND f.protocol = ANY (c.protocols)
    AND EXISTS (SELECT FROM catalog_conduitzone o
                 WHERE o.conduit_id = c.id AND o.zone_id = s.zone_id
                   AND o.direction IN ('both', 'out'))
    AND EXISTS (SELECT FROM catalog_conduitzone i JOIN catalog_zone iz ON iz.id = i.zone_id
                 WHERE i.conduit_id = c.id AND i.zone_id <> s.zone_id
                   AND i.direction IN ('both', 'in')
                   AND (i.zone_id = d.zone_id OR (f.dst_id IS NULL AND iz.is_untrusted)))
"""
_UNDECLARED = f"""
SELECT f.id, s.name, coalesce(d.name, 'a party outside'), f.protocol, f.port, f.declared_at,
       f.observed_at, sz.id, sz.name, dz.id, dz.name
  FROM catalog_flow f
  JOIN catalog_asset s ON s.id = f.src_id
  LEFT JOIN catalog_asset d ON d.id = f.dst_id
  JOIN catalog_zone sz ON sz.id = s.zone_id
  LEFT JOIN catalog_zone dz ON dz.id = d.zone_id
 WHERE f.gone_at IS NULL AND (s.site_id = ANY (%(sites)s) OR d.site_id = ANY (%(sites)s))
   AND (dz.id <> sz.id OR (f.dst_id IS NULL AND NOT sz.is_untrusted))
   AND NOT EXISTS (SELECT FROM catalog_conduit c WHERE {PERMITS})
 ORDER BY f.id
"""  # noqa: S608 - put together from constants
_SAFETY = """
SELECT DISTINCT c.id, c.name, z.id, z.name, u.id, u.name
  FROM catalog_conduit c
  JOIN catalog_conduitzone a ON a.conduit_id = c.id
  JOIN catalog_zone z ON z.id = a.zone_id AND z.is_safety
  JOIN catalog_conduitzone b ON b.conduit_id = c.id
  JOIN catalog_zone u ON u.id = b.zone_id AND u.is_untrusted
 WHERE c.gone_at IS NULL AND (z.site_id = ANY (%(sites)s) OR c.site_id = ANY (%(sites)s))
 ORDER BY c.name, c.id
"""
_BELOW = """
SELECT id, NULL, name, sl_achieved, sl_target FROM catalog_zone
 WHERE gone_at IS NULL AND site_id = ANY (%(sites)s)
   AND EXISTS (SELECT FROM unnest(sl_achieved, sl_target) AS v (mine, aim) WHERE mine < aim)
 UNION ALL
SELECT NULL, id, name, sl_achieved, sl_target FROM catalog_conduit
 WHERE gone_at IS NULL AND site_id = ANY (%(sites)s)
   AND EXISTS (SELECT FROM unnest(sl_achieved, sl_target) AS v (mine, aim) WHERE mine < aim)
 ORDER BY 3
"""
_WITHOUT = """
SELECT count(*), (array_agg(name ORDER BY fqn, id))[:%(shown)s], min(first_seen_at)
  FROM catalog_asset a
 WHERE gone_at IS NULL AND zone_id IS NULL AND site_id = ANY (%(sites)s)
   AND (kind = ANY (%(devices)s)
        OR kind = 'system' AND NOT EXISTS (
           SELECT FROM catalog_asset c
            WHERE c.parent_id = a.id AND c.gone_at IS NULL AND c.kind = ANY (%(devices)s)))
"""
_UNUSED = f"""
SELECT c.id, c.name, max(f.observed_at), (SELECT array_agg(zone_id ORDER BY zone_id)
         FROM catalog_conduitzone WHERE conduit_id = c.id)
  FROM catalog_conduit c
  LEFT JOIN (catalog_flow f JOIN catalog_asset s ON s.id = f.src_id
                       LEFT JOIN catalog_asset d ON d.id = f.dst_id)
    ON f.observed_at <= %(at)s AND {PERMITS}
 WHERE c.gone_at IS NULL AND c.site_id = ANY (%(sites)s) AND c.created_at < %(since)s
 GROUP BY c.id
HAVING coalesce(max(f.observed_at), '-infinity') < %(since)s
 ORDER BY c.name, c.id
"""  # noqa: S608 - put together from constants
_CROSSINGS = f"""
SELECT f.id, array_agg(c.name ORDER BY c.name) FILTER (WHERE c.id IS NOT NULL),
       bool_or(sz.id <> dz.id OR (f.dst_id IS NULL AND NOT sz.is_untrusted))
  FROM catalog_flow f JOIN catalog_asset s ON s.id = f.src_id
  LEFT JOIN catalog_asset d ON d.id = f.dst_id
  LEFT JOIN catalog_zone sz ON sz.id = s.zone_id
  LEFT JOIN catalog_zone dz ON dz.id = d.zone_id
  LEFT JOIN catalog_conduit c ON {PERMITS}
 WHERE f.id = ANY (%(flows)s) GROUP BY f.id
"""  # noqa: S608 - put together from constants
_USED = f"""
SELECT c.id, max(f.observed_at)
  FROM catalog_conduit c, catalog_flow f JOIN catalog_asset s ON s.id = f.src_id
  LEFT JOIN catalog_asset d ON d.id = f.dst_id
 WHERE c.id = ANY (%(conduits)s) AND f.observed_at <= %(at)s AND {PERMITS} GROUP BY c.id
"""  # noqa: S608 - put together from constants


@dataclass(frozen=True, slots=True)
class Crossing:
    """Which conduits let a flow cross from zone to zone, if it does."""

    conduits: tuple[str, ...] = ()
    crosses: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it crosses a border and no conduit permits it."""
        return self.crosses and not self.conduits


def crossings(flows: Iterable[int]) -> dict[int, Crossing]:
    """Return how each of the flows crosses from zone to zone, in one statement."""
    return {
        key: Crossing(tuple(names or ()), bool(crosses))
        for key, names, crosses in _rows(_CROSSINGS, {"flows": list(flows)})
    }


def last_used(conduits: Iterable[int], at: datetime) -> dict[int, datetime]:
    """Return when a permitted flow was last seen in each conduit; none that carried nothing."""
    return dict(_rows(_USED, {"conduits": list(conduits), "at": at}))


def findings(site: Site, at: datetime) -> list[Finding]:
    """Return what is wrong at ``site`` and the sites below it, the gravest first.

    Six statements whatever is found: the sites, and one for each kind. A flow whose end
    stands in no zone cannot be judged; the finding is then the asset without a zone.
    """
    arguments = {
        "sites": list(Site.objects.below(site).values_list("pk", flat=True)),
        "at": at,
        "since": at - timedelta(days=UNUSED_DAYS),
        "devices": [kind.value for kind in OT_KINDS],
        "shown": SHOWN_NAMES,
    }
    return ordered(
        finding
        for statement, found in _KINDS
        for row in _rows(statement, arguments)
        if (finding := found(*row)) is not None
    )


def _rows(statement: str, arguments: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def day(moment: datetime) -> str:
    """Return ``moment`` to the minute, as pages write it."""
    return f"{moment:%b} {moment.day}, {moment:%H:%M} UTC"


def _undeclared(
    flow: int,
    source: str,
    target: str,
    protocol: str,
    port: int | None,
    declared_at: datetime | None,
    observed_at: datetime | None,
    source_zone: int,
    source_zone_name: str,
    target_zone: int | None,
    target_zone_name: str | None,
) -> Finding:
    ends = f"{source} to {target}"
    words = f"{protocol}{f' {port}' if port else ''}"
    seen = f"seen {day(observed_at)}" if observed_at else "never seen"
    said = f"declared {day(declared_at)}" if declared_at else "declared by nobody"
    title = "Flow without a conduit" if declared_at else "Undeclared flow"
    zones = (source_zone,) if target_zone is None else (source_zone, target_zone)
    where = target_zone_name or "a party outside"
    return Finding(
        FindingKind.UNDECLARED_FLOW,
        f"{title}: {source_zone_name} to {where}",
        f"{ends}, {words}; {seen}, {said}. No conduit lists both zones, the protocol and the"
        " direction.",
        lines=(title, ends, f"{words}, {seen}", "no conduit permits it"),
        zones=zones,
        flow=flow,
    )


def _safety(
    conduit: int, name: str, zone: int, zone_name: str, outside: int, outside_name: str
) -> Finding:
    return Finding(
        FindingKind.SAFETY_TO_UNTRUSTED,
        f"{zone_name} is joined to {outside_name}",
        f"Conduit {name} leads from a safety zone straight to an untrusted one.",
        zones=(zone, outside),
        conduit=conduit,
    )


def _below(
    zone: int | None, conduit: int | None, name: str, achieved: list[int], target: list[int]
) -> Finding:
    gaps = SecurityLevel(tuple(achieved)).gaps(SecurityLevel(tuple(target)))
    aim = max(gap.target for gap in gaps)
    return Finding(
        FindingKind.BELOW_TARGET,
        f"{name} is below SL {aim}",
        _sentence(gaps),
        zones=() if zone is None else (zone,),
        conduit=conduit,
    )


def _sentence(gaps: tuple[Gap, ...]) -> str:
    text = ", ".join(gap.text for gap in gaps)
    share = f" ({len(gaps)} of {len(Requirement)} requirements)" if len(gaps) > 1 else ""
    return f"{text[0].upper()}{text[1:]}{share}."


def _without(count: int, names: list[str] | None, since: datetime | None) -> Finding | None:
    if not count or not names or since is None:
        return None
    rest = f" and {count - len(names):,} more" if count > len(names) else ""
    return Finding(
        FindingKind.WITHOUT_ZONE,
        f"{count:,} {'asset' if count == 1 else 'assets'} without a zone",
        f"{', '.join(names)}{rest}; known since {day(since)}. Their flows cannot be judged.",
        assets=count,
    )


def _unused(conduit: int, name: str, seen_at: datetime | None, zones: list[int] | None) -> Finding:
    seen = f"Last used {day(seen_at)}" if seen_at else "Nothing was ever seen in it"
    return Finding(
        FindingKind.UNUSED_CONDUIT,
        f"Conduit {name} is unused",
        f"{seen}; the limit is {UNUSED_DAYS} days. Close it, or say why it stays.",
        zones=tuple(zones or ()),
        conduit=conduit,
    )


_KINDS: tuple[tuple[str, Callable[..., Finding | None]], ...] = (
    (_UNDECLARED, _undeclared),
    (_SAFETY, _safety),
    (_BELOW, _below),
    (_WITHOUT, _without),
    (_UNUSED, _unused),
)
