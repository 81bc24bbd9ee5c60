"""Comparing what a system grants with what was approved."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from governance import audit, jobs, registries
from governance.access import foresee, require
from governance.actions.systems import dsn_of
from governance.connectors.errors import ConnectorFailed
from governance.domain.actor import Actor
from governance.domain.drift import (
    Comparison,
    DesiredGrant,
    Finding,
    GrantKey,
    Kind,
    Observation,
    compare,
    one_per_key,
)
from governance.errors import Unavailable
from governance.models import (
    DriftFinding,
    DriftState,
    GovernedSystem,
    Grant,
    ObservedGrant,
    Snapshot,
    SnapshotState,
)
from governance.permissions import Act

KEPT_SNAPSHOTS = 5
BATCH = 1000


class NotReached(Unavailable):
    """The system could not be read; what was known of it stays as it was."""

    code = "system_not_reached"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one comparison changed."""

    snapshot: Snapshot
    opened: int
    closed: int
    open_by_kind: dict[str, int]


def detect(system: GovernedSystem, *, by: Actor, at: datetime) -> Outcome:
    """Look into ``system`` and compare.

    A system that cannot be read leaves a faulty snapshot behind, and no finding changes.

    Raises:
        NotAllowed: ``by`` may not look into it.
        NotReached: it does not answer, or refuses the connection.
    """
    snapshot = Snapshot(system=system, taken_at=at, state=SnapshotState.FAULTY, grants=0)
    foresee(by, Act.DRIFT_DETECT, snapshot, at=at)
    observe = registries.drift_sources.get(system.kind)
    if observe is None:
        raise NotReached(f"no connector reads {system.kind}")
    try:
        observation = observe(dsn_of(system))
    except ConnectorFailed as error:
        with transaction.atomic():
            require(by, Act.DRIFT_DETECT, snapshot, at=at)
            snapshot.fault = f"{error.code}: {error.detail}"[:300]
            snapshot.save()
            audit.record(by=by, act=Act.DRIFT_DETECT, ref=system.ref, at=at, fault=snapshot.fault)
        raise NotReached(f"{system}: {error.detail}") from error
    return record(system, observation, by=by, at=at)


@transaction.atomic
def put_off(system: GovernedSystem, *, by: Actor, at: datetime, reason: str) -> None:
    """Let a worker compare ``system`` in the name of ``by``.

    Raises:
        NotAllowed: ``by`` may not look into it.
    """
    require(by, Act.DRIFT_DETECT, Snapshot(system=system), at=at)
    key = f"drift_detect:{system.slug}:{at:%Y-%m-%dT%H:%M}"
    jobs.enqueue("drift_detect", key=key, payload={"system": system.slug}, at=at)
    audit.record(by=by, act=Act.DRIFT_DETECT, ref=system.ref, at=at, put_off=key, reason=reason)


@transaction.atomic
def record(system: GovernedSystem, observation: Observation, *, by: Actor, at: datetime) -> Outcome:
    """Keep ``observation`` and open, keep or close findings accordingly.

    The system's row is locked, so two comparisons of one system follow each other.

    Raises:
        NotAllowed: ``by`` may not compare this system.
    """
    GovernedSystem.objects.select_for_update().get(pk=system.pk)
    comparison = _compare(system, observation, at=at)
    snapshot = Snapshot(
        system=system,
        taken_at=observation.taken_at,
        state=SnapshotState.COMPARED if comparison.is_trusted else SnapshotState.FAULTY,
        grants=len(observation.rows),
        source_hash=observation.source_hash,
        fault=""
        if comparison.is_trusted
        else "many grants are gone at once; look again to believe it",
    )
    require(by, Act.DRIFT_DETECT, snapshot, at=at)
    snapshot.save()
    _keep_rows(snapshot, observation)
    opened, closed = _settle(system, comparison, at=at)
    open_by_kind: dict[str, int] = {}
    for finding in comparison.findings:
        open_by_kind[finding.kind] = open_by_kind.get(finding.kind, 0) + 1
    audit.record(
        by=by,
        act=Act.DRIFT_DETECT,
        ref=snapshot.ref,
        at=at,
        system=system.ref,
        grants=snapshot.grants,
        opened=opened,
        closed=closed,
    )
    return Outcome(snapshot, opened, closed, open_by_kind)


def _compare(system: GovernedSystem, observation: Observation, *, at: datetime) -> Comparison:
    desired = [
        DesiredGrant(GrantKey(principal, entitlement, scope), start, end, revoked)
        for principal, entitlement, scope, start, end, revoked in Grant.objects.filter(
            system=system
        ).values_list("principal", "entitlement", "scope", "valid_from", "valid_to", "revoked_at")
    ]
    compared = Snapshot.objects.filter(system=system, state=SnapshotState.COMPARED)
    recent = list(compared.order_by("-taken_at").values_list("grants", flat=True)[:KEPT_SNAPSHOTS])
    last = Snapshot.objects.filter(system=system).values_list("source_hash", flat=True).first()
    return compare(
        desired, observation, at=at, system=system.slug, recent=recent[::-1], last_hash=last
    )


def _keep_rows(snapshot: Snapshot, observation: Observation) -> None:
    """Keep the rows of this snapshot and drop those of old ones; their counts remain."""
    ObservedGrant.objects.bulk_create(
        (
            ObservedGrant(
                snapshot=snapshot,
                principal=row.principal,
                entitlement=row.entitlement,
                scope=row.scope,
                via=row.via,
                is_privileged=row.is_privileged,
                is_implied=row.is_implied,
            )
            for row in one_per_key(observation.rows)
        ),
        batch_size=BATCH,
    )
    kept = Snapshot.objects.filter(system=snapshot.system).values("pk")[:KEPT_SNAPSHOTS]
    ObservedGrant.objects.filter(snapshot__system=snapshot.system).exclude(
        snapshot__in=list(kept.values_list("pk", flat=True))
    ).delete()


def _identity(row: DriftFinding | Finding) -> tuple[str, str, str, str]:
    key = row.key if isinstance(row, Finding) else row
    return str(row.kind), key.principal, key.entitlement, key.scope


def _settle(system: GovernedSystem, comparison: Comparison, *, at: datetime) -> tuple[int, int]:
    """Open what is new, touch what lasts, close what is gone; return (opened, closed).

    After a snapshot that cannot be believed nothing is closed: absence proves nothing.
    """
    standing = {
        _identity(row): row.pk
        for row in DriftFinding.objects.filter(system=system, state=DriftState.OPEN)
    }
    found = {_identity(finding): finding for finding in comparison.findings}
    fresh = [finding for identity, finding in found.items() if identity not in standing]
    DriftFinding.objects.bulk_create(_rows(system, fresh, at=at), batch_size=BATCH)
    lasting = [pk for identity, pk in standing.items() if identity in found]
    DriftFinding.objects.filter(pk__in=lasting).update(last_seen_at=at)
    if not comparison.is_trusted:
        return len(fresh), 0
    gone = [pk for identity, pk in standing.items() if identity not in found]
    closed = DriftFinding.objects.filter(pk__in=gone).update(state=DriftState.CLOSED, closed_at=at)
    return len(fresh), closed


def _rows(
    system: GovernedSystem, findings: Iterable[Finding], *, at: datetime
) -> Iterable[DriftFinding]:
    return (
        DriftFinding(
            system=system,
            kind=Kind(finding.kind),
            principal=finding.key.principal,
            entitlement=finding.key.entitlement,
            scope=finding.key.scope,
            via=finding.via,
            is_privileged=finding.is_privileged,
            severity=finding.severity,
            first_seen_at=at,
            last_seen_at=at,
        )
        for finding in findings
    )
