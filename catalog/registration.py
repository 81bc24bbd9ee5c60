"""What the catalog hands down to the ground."""

import logging
from collections.abc import Mapping

from catalog import duties, measures
from catalog.actions import harvesting, lowering, propagating, registering, reporting
from catalog.errors import NotHarvested
from catalog.models import Asset
from catalog.permissions import Act
from catalog.web import granted, scopes
from governance import jobs, registries
from governance.models import GovernedSystem
from governance.registries import JobKind, JobRun, Mask, Requestable, Scopes

log = logging.getLogger(__name__)


def _harvest(run: JobRun) -> None:
    """Harvest one system; without a name in the payload, put off one job for each."""
    slug = run.payload.get("system")
    if slug is None:
        for name in GovernedSystem.objects.filter(is_scheduled=True).values_list("slug", flat=True):
            jobs.enqueue(
                "catalog_harvest",
                key=f"catalog_harvest:{name}:{run.at:%Y-%m-%d}",
                payload={"system": name},
                at=run.at,
            )
        return
    try:
        harvesting.harvest(
            GovernedSystem.objects.get(slug=slug),
            by=run.by,
            at=run.at,
            sample_values=bool(run.payload.get("sample_values")),
        )
    except NotHarvested as error:
        # The failed run tells it on the system's page and must not be rolled back.
        log.warning("harvest: %s", error)


def _work_out_all(run: JobRun) -> None:
    propagating.work_out_all(at=run.at)


def _expire(run: JobRun) -> None:
    lowering.expire(by=run.by, at=run.at)


def _rebind(run: JobRun) -> None:
    system = GovernedSystem.objects.get(slug=run.payload["system"])
    reporting.rebind(system, by=run.by, at=run.at)


registries.job_kinds.add(
    registering.REBIND, JobKind(_rebind, "Bind what events told of to what was harvested")
)
registries.job_kinds.add(
    "catalog_harvest_all", JobKind(_harvest, "Harvest all systems", every_seconds=24 * 3600)
)
registries.job_kinds.add(
    propagating.JOB, JobKind(_work_out_all, "Work out the labels of the whole catalog")
)
registries.job_kinds.add(
    "catalog_labels_expire",
    JobKind(_expire, "End labels that lower and are over", every_seconds=900),
)
registries.job_kinds.add("catalog_harvest", JobKind(_harvest, "Harvest a system", max_attempts=3))
for name, measure in measures.MEASURES.items():
    registries.measures.add(name, measure)


def _asset(key: str) -> Requestable | None:
    asset = Asset.objects.filter(pk=key).first()
    if asset is None:
        return None
    return Requestable(asset.system_id, granted.scope_of(asset) or "", Act.ASSET_READ)


def _attributes(key: str) -> Mapping[str, object]:
    """Return what is known of an asset to whoever routes a request for it."""
    asset = Asset.objects.live().filter(pk=key).first() if key.isdecimal() else None
    if asset is None:
        return {}
    return {
        "level": asset.level_name if asset.level is not None else "",
        "owner": f"user:{asset.owner_id}" if asset.owner_id else "",
        "steward": f"user:{asset.steward_id}" if asset.steward_id else "",
        "is_personal": asset.is_personal,
    }


registries.requestable.add("catalog.asset", _asset)
registries.attributes.add("catalog.asset", _attributes)
registries.locators.add("catalog", granted.located)
registries.scopes.add("catalog", Scopes(scopes.knows, scopes.has, scopes.visible))
registries.duties.add("label_proposals", duties.proposals)
registries.duties.add("ownerless_assets", duties.ownerless)
registries.acts.add("catalog", Act)
registries.portal.add("catalog_sharingrule", "SELECT")
for _table in ("catalog.lineagefacet", "catalog.lineagereport"):
    registries.unaudited.add(
        _table, "keeps what producers sent; the assets and edges that follow are recorded"
    )
registries.masks.add("catalog.contract", Mask(secret=("body", "content")))
# Made by the database of name and description, which are recorded.
registries.masks.add("catalog.asset", Mask(ignored=("search",)))
