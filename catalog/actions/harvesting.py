"""Harvest: look into a system, then let the catalog agree with it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from catalog.actions import (
    proposing,
    recognizing,
    reconciling,
    registering,
    sampling,
    settling,
)
from catalog.actions.reconciling import Change
from catalog.actions.sampling import Looked, Wanted
from catalog.domain.assets import AssetKind
from catalog.errors import NotHarvested
from catalog.harvest import ddl, postgresql
from catalog.harvest.postgresql import Catalogs, HarvestFailed, Progress
from catalog.harvest.rows import Harvested
from catalog.harvest.scripts import ScriptUnreadable
from catalog.models import Asset, HarvestRun
from catalog.permissions import Act
from governance import audit, jobs
from governance.access import foresee, require
from governance.actions import systems
from governance.domain.actor import Actor
from governance.errors import BadInput
from governance.models import GovernedSystem, Site

HARVESTERS: dict[str, Callable[[str, Progress | None], Catalogs]] = {
    "postgresql": lambda dsn, progress: postgresql.read(dsn, progress=progress),
}
"""Kind of system to what reads it, from a connection string."""


def can_read(system: GovernedSystem) -> bool:
    """Whether a harvester reads the kind of ``system``, and there is a connection to read it by."""
    return system.kind in HARVESTERS and (system.is_scheduled or bool(system.address))


def harvest(
    system: GovernedSystem,
    *,
    by: Actor,
    at: datetime,
    sample_values: bool = False,
    progress: Progress | None = None,
) -> HarvestRun:
    """Look into a known ``system`` by its stored connection and take in what it states.

    ``sample_values`` also looks at some values of each column; otherwise no data are touched.

    A system that cannot be read leaves a failed run behind, and no asset changes.

    Raises:
        NotAllowed: ``by`` may not harvest it.
        NotHarvested: it does not answer, or refuses to be read.
    """
    run = HarvestRun(system=system, started_at=at, finished_at=at, is_complete=False)
    foresee(by, Act.HARVEST_RUN, run, at=at)
    try:
        dsn = systems.dsn_of(system)
        read = _read(system.kind, dsn, progress)
        if not sample_values and (found := _keep_known(system, read, by=by, at=at)):
            _tell(progress, "as before", found.unchanged)
            return found
        harvested = read.harvested()
        looked = _look(system.kind, dsn, harvested, progress, at=at) if sample_values else None
    except NotHarvested as error:
        _note_failure(run, error, by=by, at=at)
        raise
    return take_in(
        system, harvested, by=by, at=at, looked=looked, progress=progress, source=read.digest
    )


def connect(
    *,
    slug: str,
    name: str,
    site: Site,
    dsn: str,
    by: Actor,
    at: datetime,
    kind: str = "postgresql",
    sample_values: bool = False,
    progress: Progress | None = None,
) -> HarvestRun:
    """Harvest by a new connection string; the system is registered only once it answered.

    So nothing of a mistyped address is kept, and a known system keeps the connection that
    worked.

    Raises:
        NotAllowed: ``by`` may not register or harvest systems there.
        NotHarvested: the address does not answer, or refuses to be read.
    """
    known = GovernedSystem.objects.filter(slug=slug).select_related("site").first()
    system = known or GovernedSystem(slug=slug, name=name, site=site, kind=kind)
    run = HarvestRun(system=system, started_at=at, finished_at=at, is_complete=False)
    foresee(by, Act.HARVEST_RUN, run, at=at)
    try:
        read = _read(kind, dsn, progress)
        harvested = read.harvested()
        looked = _look(kind, dsn, harvested, progress, at=at) if sample_values else None
    except NotHarvested as error:
        if known is not None:
            _note_failure(run, error, by=by, at=at)
        raise
    with transaction.atomic():
        if known is None or _is_news(known, name=name, site=site, dsn=dsn):
            system = systems.register(
                slug=slug, name=name, site=site, dsn=dsn, kind=kind, by=by, at=at
            )
        return take_in(
            system, harvested, by=by, at=at, looked=looked, progress=progress, source=read.digest
        )


def take_script(
    content: bytes,
    *,
    slug: str,
    name: str,
    site: Site,
    by: Actor,
    at: datetime,
    dialect: str = "postgresql",
    progress: Progress | None = None,
) -> HarvestRun:
    """Take in what the DDL or dump file ``content`` states of a system.

    A known system keeps its connection, and its assets are found again by their names; a new
    one is registered without connection, so no schedule looks into it.

    Raises:
        NotAllowed: ``by`` may not register or harvest systems there.
        BadInput: the file is no script, or too large.
    """
    known = GovernedSystem.objects.filter(slug=slug).select_related("site").first()
    system = known or GovernedSystem(slug=slug, name=name, site=site, kind=dialect)
    run = HarvestRun(system=system, started_at=at, finished_at=at, is_complete=False)
    foresee(by, Act.HARVEST_RUN, run, at=at)
    try:
        harvested = ddl.harvest(content, database=_database(system), at=at, dialect=dialect)
    except ScriptUnreadable as error:
        raise BadInput(str(error)) from None
    _tell(progress, "statements", len(harvested.rows))
    if not any(row.kind is AssetKind.COLUMN for row in harvested.rows):
        raise BadInput("there is no CREATE TABLE or CREATE VIEW in it that can be read")
    with transaction.atomic():
        if known is None:
            system = systems.register(
                slug=slug, name=name, site=site, dsn="", kind=dialect, by=by, at=at
            )
        return take_in(system, harvested, by=by, at=at, progress=progress)


def _database(system: GovernedSystem) -> str:
    """Return the name that the system's database has, so that a file's names are the same."""
    live = Asset.objects.live().filter(system_id=system.pk, kind=AssetKind.DATABASE.value)
    return live.order_by("pk").values_list("name", flat=True).first() or system.slug


@transaction.atomic
def put_off(
    system: GovernedSystem, *, by: Actor, at: datetime, sample_values: bool = False
) -> bool:
    """Let a worker harvest ``system`` in the name of ``by``; return whether that is new.

    Raises:
        NotAllowed: ``by`` may not harvest it.
    """
    run = HarvestRun(system=system, started_at=at, finished_at=at, is_complete=False)
    require(by, Act.HARVEST_RUN, run, at=at)
    key = f"catalog_harvest:{system.slug}:{at:%Y-%m-%dT%H:%M}"
    payload: dict[str, object] = {"system": system.slug}
    if sample_values:
        payload["sample_values"] = True
    is_new = jobs.enqueue("catalog_harvest", key=key, payload=payload, at=at)
    if is_new:
        audit.record(
            by=by,
            act=Act.HARVEST_RUN,
            ref=system.ref,
            at=at,
            put_off=key,
            sample_values=sample_values,
        )
    return is_new


@transaction.atomic
def take_in(
    system: GovernedSystem,
    harvested: Harvested,
    *,
    by: Actor,
    at: datetime,
    looked: Looked | None = None,
    progress: Progress | None = None,
    source: str = "",
) -> HarvestRun:
    """Keep what ``harvested`` states of ``system``; an unchanged one writes its run alone.

    ``looked`` is what its values speak for, None where none were looked at. By ``source``, a
    digest of all that was read, the next harvest knows a source again that did not change.

    The system's row is locked, so two harvests of one system follow each other.

    Raises:
        NotAllowed: ``by`` may not harvest it.
    """
    run, last = _begin(system, at=at)
    require(by, Act.HARVEST_RUN, run, at=at)
    system = run.system
    named = proposing.Named()
    change = reconciling.agree(system, harvested, at=at, label=named.labels)
    _tell(progress, "compared", len(harvested.rows))
    run.rules = proposing.rules()
    run.sample_values = looked is not None
    knows_rules = last is not None and last.rules == run.rules
    if change.is_any:
        settling.inherit(system.pk)
    # Where nothing changed, nothing is to be looked at, however much there is.
    if change.is_any or looked is not None or not knows_rules:
        run.proposed = proposing.look(
            system,
            at=at,
            only_harvested=knows_rules,
            moved=change.moved,
            judged=looked.judged if looked is not None else None,
            named=named,
        )
    _tell(progress, "labels proposed", run.proposed)
    run.new, run.changed, run.gone = change.new, change.changed, change.gone
    run.unchanged, run.changes = change.unchanged, _told(change, harvested, looked)
    run.is_complete = harvested.complete
    if source:
        run.seen = recognizing.seen(source, recognizing.kept(system))
    run.save()
    _bind_later(change, system, at=at)
    told = {name: getattr(run, name) for name in ("new", "changed", "gone", "proposed")}
    if any(told.values()):
        told["sample_values"] = run.sample_values
        audit.record(by=by, act=Act.HARVEST_RUN, ref=system.ref, at=at, run=run.ref, **told)
    return run


@transaction.atomic
def _keep_known(
    system: GovernedSystem, read: Catalogs, *, by: Actor, at: datetime
) -> HarvestRun | None:
    """Write the run of a source that states what the last one took in; None if it does not."""
    run, last = _begin(system, at=at)
    kept, rules = recognizing.kept(run.system), proposing.rules()
    if last is None or not recognizing.is_known(run.system, last, read.digest, kept, rules=rules):
        return None
    require(by, Act.HARVEST_RUN, run, at=at)
    recognizing.estimate(system, read.estimates())
    run.rules, run.seen, run.unchanged = last.rules, last.seen, kept.count
    run.is_complete = last.is_complete
    run.changes = {name: last.changes[name] for name in ("unparsed",) if name in last.changes}
    run.save()
    return run


def _begin(system: GovernedSystem, *, at: datetime) -> tuple[HarvestRun, HarvestRun | None]:
    """Lock the system; return the run that begins and the last one that took anything in."""
    system = GovernedSystem.objects.select_for_update(of=("self",)).get(pk=system.pk)
    run = HarvestRun(system=system, started_at=at, finished_at=at)
    return run, HarvestRun.objects.filter(system=system).exclude(rules="").first()


def _bind_later(change: Change, system: GovernedSystem, *, at: datetime) -> None:
    """Let a worker bind what events told of before to what is new.

    By a job of its own: reports and harvests wait for each other's rows otherwise.
    """
    if change.new and registering.namespaces():
        key = f"{registering.REBIND}:{system.slug}:{at.isoformat()}"
        jobs.enqueue(registering.REBIND, key=key, payload={"system": system.slug}, at=at)


def _told(change: Change, harvested: Harvested, looked: Looked | None) -> dict[str, Any]:
    """Return what the run says in names: what changed, and what was not understood or read."""
    most = reconciling.SHOWN_NAMES
    found: dict[str, Any] = dict(change.names)
    if harvested.unparsed:
        found["unparsed"] = [f"{place}: {why}" for place, why in harvested.unparsed[:most]]
    if looked is not None:
        found["sampled"] = len(looked.judged)
        if looked.unsampled:
            found["unsampled"] = list(looked.unsampled[:most])
    return found


def _read(kind: str, dsn: str, progress: Progress | None) -> Catalogs:
    reader = HARVESTERS.get(kind)
    if reader is None:
        raise NotHarvested(f"nothing here reads {kind}; known are: {', '.join(HARVESTERS)}")
    try:
        return reader(dsn, progress)
    except HarvestFailed as error:
        raise NotHarvested(f"{error.detail} ({error.code})") from None


@transaction.atomic
def _note_failure(run: HarvestRun, error: NotHarvested, *, by: Actor, at: datetime) -> None:
    require(by, Act.HARVEST_RUN, run, at=at)
    run.error = error.detail[:300]
    run.save()
    audit.record(by=by, act=Act.HARVEST_RUN, ref=run.system.ref, at=at, error=run.error)


def _look(
    kind: str, dsn: str, harvested: Harvested, progress: Progress | None, *, at: datetime
) -> Looked:
    columns = [
        Wanted(row.source_key, row.name, row.physical_type)
        for row in harvested.rows
        if row.kind is AssetKind.COLUMN
    ]
    looked = sampling.judge(kind, dsn, columns, at=at)
    _tell(progress, "columns sampled", len(looked.judged))
    return looked


def _is_news(system: GovernedSystem, *, name: str, site: Site, dsn: str) -> bool:
    return (system.name, system.site_id, systems.dsn_of(system)) != (name, site.pk, dsn)


def _tell(progress: Progress | None, step: str, count: int) -> None:
    if progress is not None:
        progress(step, count)
