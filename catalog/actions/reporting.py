"""Taking in what producers of OpenLineage events report: facets, then assets and edges."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from catalog.actions import linking, origins, placing, registering, settling, tagging
from catalog.actions.placing import Placed
from catalog.actions.registering import Stored
from catalog.actions.scopes import require_all
from catalog.documents.faults import MAX_LISTED, Bounds, Fault
from catalog.domain.assets import DATA_KINDS, AssetKind
from catalog.harvest import keys
from catalog.harvest.rows import LineageRow
from catalog.harvest.statements import Observed, TagStatement
from catalog.models import Asset, LineageReport
from catalog.openlineage.events import EventReading, Outcome, read
from catalog.openlineage.facets import DatasetId
from catalog.openlineage.register import Register
from catalog.openlineage.rows import by_job
from catalog.permissions import Act
from governance import audit
from governance.access import foresee
from governance.domain.actor import Actor
from governance.errors import BadInput, Conflict
from governance.models import GovernedSystem, Site
from governance.postgresql import staging

MAX_SOURCE = 200
# What nobody has said anything about; what a person stated stays for that person to resolve.
_LEAVE = """
WITH twin AS (
    SELECT o.id FROM catalog_asset o
      JOIN catalog_asset a ON a.fqn = o.fqn AND a.system_id = %(system)s AND a.gone_at IS NULL
                          AND (a.kind = 'column') = (o.kind = 'column')
     WHERE o.system_id = %(own)s AND o.gone_at IS NULL AND o.kind = ANY(%(kinds)s::text[])
), listed AS (
    SELECT id FROM twin
     UNION
    SELECT c.id FROM catalog_asset c JOIN twin t ON c.parent_id = t.id WHERE c.gone_at IS NULL
)
UPDATE catalog_asset o SET gone_at = greatest(%(at)s, o.first_seen_at)
  FROM twin t
 WHERE (o.id = t.id OR o.parent_id = t.id) AND o.gone_at IS NULL
   AND NOT EXISTS (
       SELECT FROM listed l JOIN catalog_asset s ON s.id = l.id
        WHERE (l.id = t.id OR s.parent_id = t.id)
          AND (num_nonnulls(s.stated_owner_id, s.stated_site_id, s.stated_technical_owner_id,
                            s.stated_steward_id, s.stated_retention_id, s.stated_zone_id) > 0
               OR EXISTS (SELECT FROM catalog_labelassertion n
                           WHERE n.asset_id = s.id AND n.source = 'human')))
RETURNING o.id
"""
_WAIT = "SELECT pg_advisory_xact_lock(hashtextextended('catalog lineage', 0))"


@dataclass(slots=True)
class Report:
    """What became of the events of one report."""

    taken: int = 0
    warned: int = 0
    refused: int = 0
    facets: int = 0
    """Statements that are new or later than what was known."""
    assets: int = 0
    edges: int = 0
    ended: int = 0
    faults: tuple[Fault, ...] = ()
    fault_count: int = 0
    warnings: tuple[Fault, ...] = ()
    warning_count: int = 0
    register: Register = field(default_factory=Register)

    def answer(self) -> dict[str, Any]:
        """Return the counts and the first findings, as JSON knows them."""
        names = ("taken", "warned", "refused", "facets", "assets", "edges", "ended")
        return {
            **{name: getattr(self, name) for name in names},
            "faults": [_told(one) for one in self.faults],
            "fault_count": self.fault_count,
            "warnings": [_told(one) for one in self.warnings],
            "warning_count": self.warning_count,
        }


def take(
    body: bytes,
    *,
    site: Site,
    by: Actor,
    at: datetime,
    bounds: Bounds | None = None,
    token: UUID | None = None,
) -> dict[str, Any]:
    """Take in the events of ``body``; return counts and findings.

    Events that are known already, or older than what is known, write nothing. Datasets that
    are assets of a known system are bound to these; others are listed in a system of their
    namespace at ``site``. With a ``token`` that reported these bytes before, the same is returned.

    Raises:
        NotAllowed: ``by`` may not report about one of the assets, or not add a system.
        BadInput: no event can be taken; pointer and line are those of the first fault.
        Conflict: ``token`` was used for other bytes.
    """
    foresee(by, Act.LINEAGE_REPORT, _probe(GovernedSystem(site=site)), at=at)
    digest = hashlib.sha256(body).hexdigest()
    with transaction.atomic():
        staging.run(_WAIT, {})
        if token is not None:
            told = LineageReport.objects.filter(token=token).first()
            if told is not None and told.sha256 != digest:
                raise Conflict("This Idempotency-Key was used for another report.")
            if told is not None:
                answer: dict[str, Any] = told.answer
                return answer
        report = _judged(read(body, bounds=bounds))
        if not report.taken:
            first = report.faults[0] if report.faults else None
            if first is None:
                raise BadInput("There is no event in it.")
            raise BadInput(str(first), pointer=first.pointer, line=first.line or None)
        _keep(report, site=site, by=by, at=at)
        if token is not None:
            LineageReport.objects.create(
                token=token, sha256=digest, actor=by.ref, received_at=at, answer=report.answer()
            )
    return report.answer()


@transaction.atomic
def rebind(system: GovernedSystem, *, by: Actor, at: datetime) -> int:
    """Bind datasets that were told of before ``system`` was harvested to its assets; return how
    many listed assets are thereby gone.

    Edges and labels come over; an asset of which a person stated something stays beside its twin.

    Raises:
        NotAllowed: ``by`` may not report about one of the assets.
    """
    staging.run(_WAIT, {})
    databases = Asset.objects.live().filter(system=system, kind=AssetKind.DATABASE.value)
    names = list(databases.values_list("name", flat=True))
    left = 0
    for namespace in registering.namespaces():
        own = origins.own(namespace)
        if own is None or system.pk not in origins.known(namespace, names):
            continue
        report = Report()
        _link(report, registering.about(namespace), set(), site=own.site, by=by, at=at)
        gone = staging.run(
            _LEAVE, {"system": system.pk, "own": own.pk, "kinds": list(DATA_KINDS), "at": at}
        )
        left += len(gone)
        if gone:
            settling.label_system(own.pk, at=at)
        if gone or report.edges:
            audit.record(
                by=by,
                act=Act.LINEAGE_REPORT,
                ref=system.ref,
                at=at,
                namespace=namespace,
                edges=report.edges,
                gone=len(gone),
            )
    return left


def source_of(job: DatasetId) -> str:
    """Return who states the edges of ``job``; a long name becomes its SHA-256."""
    plain = f"openlineage:{keys.key(*job)}"
    if len(plain) <= MAX_SOURCE:
        return plain
    return "openlineage:sha256:" + hashlib.sha256(plain.encode()).hexdigest()


def _judged(readings: Iterable[EventReading]) -> Report:
    report, outcomes = Report(), Counter[Outcome]()
    for found in readings:
        outcomes[found.outcome] += 1
        report.warned += bool(found.warnings)
        for name, count, listed in (
            ("faults", "fault_count", found.faults),
            ("warnings", "warning_count", found.warnings),
        ):
            setattr(report, count, getattr(report, count) + len(listed))
            kept = getattr(report, name)
            if len(kept) < MAX_LISTED:
                placed = (replace(one, line=one.line or found.line) for one in listed)
                setattr(report, name, (*kept, *placed)[:MAX_LISTED])
        if found.event is not None:
            report.register.absorb([found.event])
    report.refused = outcomes[Outcome.INVALID]
    report.taken = outcomes.total() - report.refused
    return report


def _keep(report: Report, *, site: Site, by: Actor, at: datetime) -> None:
    stored = registering.join(report.register)
    report.facets = stored.count
    if not stored.moved:
        return
    named = registering.datasets_of(report.register)
    jobs, changed, labeled = _link(report, stored, named, site=site, by=by, at=at)
    if report.assets or changed or report.edges or report.ended or labeled:
        audit.record(
            by=by,
            act=Act.LINEAGE_REPORT,
            ref=site.ref,
            at=at,
            events=report.taken,
            jobs=jobs,
            assets=report.assets + changed,
            edges=report.edges,
            ended=report.ended,
            labels=labeled,
        )


def _link(
    report: Report, stored: Stored, named: set[DatasetId], *, site: Site, by: Actor, at: datetime
) -> tuple[int, int, int]:
    """Bring assets, edges and labels to what the cells in ``stored`` say now.

    Return how many jobs were read anew, assets changed, and assets got tags.
    """
    jobs, register = registering.affected(stored)
    systems, edges = by_job(register, jobs)
    placed = placing.merged(
        _place(namespace, told, named, site=site, by=by, at=at)
        for namespace, told in sorted(systems.items())
    )
    tags = [one for told in systems.values() for one in told.tags]
    linked = linking.replace([source_of(job) for job in jobs], _edges(edges, placed), at=at)
    labeled = _tagged(tags, placed, at=at)
    report.assets, report.edges, report.ended = placed.new, linked.set, linked.ended
    settling.label_assets({*linked.moved, *labeled}, at=at)
    return len(jobs), placed.changed, len(labeled)


def _place(
    namespace: str,
    told: Observed,
    named: set[DatasetId],
    *,
    site: Site,
    by: Actor,
    at: datetime,
) -> Placed:
    """Find or list the assets of one namespace; ``by`` must be allowed to speak of each."""
    own = origins.own(namespace)
    among = origins.known(namespace, {row.path[0] for row in told.harvested.rows})
    placed = placing.place(
        told.harvested,
        among=among,
        own=own,
        register=lambda: origins.register(namespace, site=site, by=by, at=at),
        at=at,
    )
    spoken = {keys.key(*one) for one in named if one[0] == namespace}
    theirs = [asset for key, asset in placed.ids.items() if key in spoken]
    require_all(by, Act.LINEAGE_REPORT, Asset.objects.filter(pk__in=theirs), at=at)
    return placed


def _edges(edges: dict[DatasetId, list[LineageRow]], placed: Placed) -> Iterable[linking.Stated]:
    for job, rows in edges.items():
        for row in rows:
            ends = placing.edge(placed, row)
            if ends is not None:
                yield linking.Stated(source_of(job), *ends)


def _tagged(tags: Iterable[TagStatement], placed: Placed, *, at: datetime) -> set[int]:
    found = ((placed.ids[one.key], one.tag, one.value) for one in tags if one.key in placed.ids)
    return tagging.propose(found, source="import", rule="openlineage", at=at)


def _probe(system: GovernedSystem) -> Asset:
    return Asset(system=system, site=system.site)


def _told(fault: Fault) -> dict[str, Any]:
    return {
        "code": str(fault.code),
        "pointer": fault.pointer,
        "line": fault.line or None,
        "detail": fault.detail,
        "remedy": fault.remedy,
    }
