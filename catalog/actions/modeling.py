"""Taking in a dbt project: its relations, what it says of them, and how they are made."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from catalog.actions import linking, placing, settling, tagging
from catalog.actions.linking import Linked
from catalog.actions.placing import Placed
from catalog.actions.scopes import require_all
from catalog.dbt import project as projects
from catalog.dbt.columns import ColumnEdge, Columns, column_lineage
from catalog.dbt.project import Project
from catalog.documents.faults import Fault, Unreadable
from catalog.domain.assets import DATA_KINDS, AssetKind
from catalog.models import Asset
from catalog.permissions import Act
from governance import audit
from governance.access import require
from governance.actions import systems
from governance.domain import fqn
from governance.domain.actor import Actor
from governance.errors import BadInput
from governance.models import GovernedSystem, Site, SystemKind


@dataclass(frozen=True, slots=True)
class Modeled:
    """What taking a project in changed."""

    system: GovernedSystem
    bound: int
    """Relations and columns that were known by another source."""
    new: int
    changed: int
    edges: int
    ended: int
    labels: int
    owners: int
    """Owners that the project names; nobody becomes an owner by it."""
    unparsed: tuple[tuple[str, str], ...]
    warnings: tuple[Fault, ...]
    warning_count: int


@transaction.atomic
def take(
    manifest: bytes,
    catalog: bytes | None,
    *,
    slug: str,
    site: Site,
    by: Actor,
    at: datetime,
) -> Modeled:
    """Take in the artifacts of a dbt project that builds in the system ``slug``.

    Relations that the system has are bound by their full name and stay as their own source
    describes them; others are listed. Its edges replace those it stated before.

    Raises:
        NotAllowed: ``by`` may not report lineage there, or not register the system.
        BadInput: an artifact cannot be read; with its pointer.
    """
    known = GovernedSystem.objects.filter(slug=slug).select_related("site").first()
    system = known or GovernedSystem(slug=slug, name=slug, site=site)
    require(by, Act.LINEAGE_REPORT, Asset(system=system, site=system.site), at=at)
    try:
        project = projects.read(manifest, catalog)
    except Unreadable as refused:
        fault = refused.fault
        raise BadInput(str(fault), pointer=fault.pointer, line=fault.line or None) from None
    if known is None:
        kind = _kind(project)
        system = systems.register(slug=slug, name=slug, site=site, dsn="", kind=kind, by=by, at=at)
    observed = project.observed
    placed = placing.place(
        observed.harvested, among=[system.pk], own=system, register=lambda: system, at=at
    )
    theirs = Asset.objects.filter(pk__in=placed.ids.values(), kind__in=DATA_KINDS)
    require_all(by, Act.LINEAGE_REPORT, theirs, at=at)
    source = f"dbt:{slug}"
    edges, reasons = _lineage(project, placed)
    linked = linking.replace([source], (linking.Stated(source, *one) for one in edges), at=at)
    tags = [
        (end[0], one.tag, one.value)
        for one in observed.tags
        if (end := placed.end(one.key)) is not None and end[1]
    ]
    labeled = tagging.propose(tags, source="import", rule=source, at=at, is_whole=True)
    settling.label_assets({*linked.moved, *labeled}, at=at)
    told = _told(project, placed, linked, system=system, labels=len(labeled), reasons=reasons)
    if told.new or told.changed or told.edges or told.ended or told.labels:
        audit.record(
            by=by,
            act=Act.LINEAGE_REPORT,
            ref=system.ref,
            at=at,
            source=source,
            assets=told.new + told.changed,
            edges=told.edges,
            ended=told.ended,
            labels=told.labels,
        )
    return told


def _told(
    project: Project,
    placed: Placed,
    linked: Linked,
    *,
    system: GovernedSystem,
    labels: int,
    reasons: list[tuple[str, str]],
) -> Modeled:
    return Modeled(
        system=system,
        bound=len(placed.bound),
        new=placed.new,
        changed=placed.changed,
        edges=linked.set,
        ended=linked.ended,
        labels=labels,
        owners=len(project.observed.owners),
        unparsed=(*project.observed.harvested.unparsed, *reasons),
        warnings=project.warnings,
        warning_count=project.warning_count,
    )


def _kind(project: Project) -> str:
    dialects = {one.dialect for one in project.models}
    if dialects & {"postgres", "redshift"}:
        return SystemKind.POSTGRESQL.value
    return SystemKind.MYSQL.value if "mysql" in dialects else SystemKind.ANSI.value


def _lineage(project: Project, placed: Placed) -> tuple[list[ColumnEdge], list[tuple[str, str]]]:
    """Return edges by columns where SQL tells them, else coarse, and what was not understood."""
    rows = project.observed.harvested.rows
    relations = {
        row.source_key: placed.ids[row.source_key]
        for row in rows
        if row.kind in DATA_KINDS and row.source_key in placed.ids
    }
    columns: dict[int, dict[str, int]] = defaultdict(dict)
    held = Asset.objects.live().filter(parent__in=relations.values(), kind=AssetKind.COLUMN.value)
    for parent, name, pk in held.order_by("ordinal", "pk").values_list("parent", "name", "pk"):
        columns[parent or 0][name] = pk
    names = dict(Asset.objects.filter(pk__in=relations.values()).values_list("pk", "fqn"))
    known = {key: Columns(pk, fqn.split(names[pk]), columns[pk]) for key, pk in relations.items()}
    reads: dict[str, set[str]] = defaultdict(set)
    for edge in project.observed.harvested.lineage:
        reads[edge.target_key].add(edge.source_key)
    return column_lineage(project.models, known, reads)
