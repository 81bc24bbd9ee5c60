"""Knowing a source again that states what it stated before."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from catalog.actions import reconciling
from catalog.domain.assets import OWN_KEY
from catalog.models import Asset, HarvestRun
from catalog.models.asset import ROOT_KEY
from governance.models import GovernedSystem
from governance.postgresql import staging

# Exactly what agreeing with a harvest would compare: nobody else may have touched it either.
_KEPT = """
SELECT a.count, concat_ws(' ', a.count, a.digest, e.count, e.digest)
  FROM (SELECT count(*), bit_xor(hashtextextended(source_key || ' ' || fingerprint, 0)) AS digest
          FROM catalog_asset
         WHERE system_id = %(system)s AND gone_at IS NULL AND source_key <> %(root_key)s
           AND NOT starts_with(source_key, %(own_key)s)) a,
       (SELECT count(*), bit_xor(hashtextextended(
                   concat_ws(' ', e.src_id, e.dst_id, e.kind, e.transform, e.mask), 0)) AS digest
          FROM catalog_edge e JOIN catalog_asset s ON s.id = e.src_id
         WHERE s.system_id = %(system)s AND e.gone_at IS NULL AND e.source = 'harvest') e
"""
_ESTIMATES = (
    """
UPDATE catalog_asset a SET row_estimate = s.row_estimate
  FROM pg_temp.estimates s
 WHERE a.system_id = %(system)s AND a.source_key = s.source_key
"""
    + reconciling.ESTIMATE_IS_NEWS
)


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands in the catalog of a harvested system."""

    count: int
    """Assets that harvests brought and that are not gone."""
    digest: str


def kept(system: GovernedSystem) -> Kept:
    """Return what stands of ``system``, in one number that any change of it changes."""
    arguments = {"system": system.pk, "root_key": ROOT_KEY, "own_key": OWN_KEY}
    count, digest = staging.run(_KEPT, arguments)[0]
    return Kept(count, digest)


def seen(source: str, kept: Kept) -> str:
    """Return what a run remembers of the digest of its ``source`` and of what it ``kept``."""
    return f"{source} {kept.digest}"


def is_known(
    system: GovernedSystem, last: HarvestRun, source: str, kept: Kept, *, rules: str
) -> bool:
    """Whether the ``last`` run saw the same ``source``, and all stands as that run left it.

    Other rules, and another site of the system, are news though the source is the same.
    """
    if last.rules != rules or last.seen != seen(source, kept):
        return False
    root = Asset.objects.filter(system=system, source_key=ROOT_KEY).first()
    return root is not None and root.site_id == (root.stated_site_id or system.site_id)


def estimate(system: GovernedSystem, estimates: Iterable[tuple[str, int | None]]) -> None:
    """Write the ``estimates`` of rows, by source key, that have moved far enough."""
    columns = {"source_key": "text", "row_estimate": "bigint"}
    staging.load("estimates", columns, estimates)
    arguments: dict[str, Any] = {"system": system.pk, "moved": reconciling.ESTIMATE_MOVED}
    staging.run(_ESTIMATES, arguments)
