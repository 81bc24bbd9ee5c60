"""Comparing what a system grants with what was approved."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from governance import audit, jobs, notices, registries
from governance.access import foresee, require
from governance.actions import observing, settling_drift
from governance.actions.observing import Staged
from governance.actions.systems import dsn_of
from governance.connectors.errors import ConnectorFailed
from governance.connectors.sources import FILE
from governance.domain.actor import Actor
from governance.domain.drift import RECENT_SNAPSHOTS, Kind, Observation, Severity, is_trusted
from governance.errors import Conflict, Refused, Unavailable
from governance.models import (
    DriftFinding,
    DriftState,
    GovernedSystem,
    Snapshot,
    SnapshotState,
    User,
)
from governance.permissions import Act
from governance.queries import drift
from governance.queries.drift import Look

SHRUNK = "many grants are gone at once, or not all were read; look again to believe it"


class NotReached(Unavailable):
    """The system could not be read; what was known of it stays as it was."""

    code = "system_not_reached"


class NoFileYet(Unavailable):
    """A system without a connection is known from snapshot files, and none was taken in."""

    code = "no_snapshot_file"


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of an observation beside its rows, which are staged in ``drift_seen``."""

    complete: bool
    taken_at: datetime
    source_hash: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one comparison changed."""

    snapshot: Snapshot
    opened: int
    closed: int
    open_by_kind: dict[str, int]


def is_fed_by_files(system: GovernedSystem) -> bool:
    """Return whether the grants of ``system`` come as snapshot files: it has no connection."""
    return reader(system) == FILE or not (system.connector or dsn_of(system))


def reader(system: GovernedSystem) -> str:
    """Return the name of the connector that reads ``system``."""
    return system.connector or system.kind


def detect(system: GovernedSystem, *, by: Actor, at: datetime) -> Outcome:
    """Look into ``system`` and compare.

    A system that cannot be read leaves a faulty snapshot behind, and no finding changes. One that
    is known from files is compared again with the newest of them.

    Raises:
        NotAllowed: ``by`` may not look into it.
        NotReached: it does not answer, or refuses the connection.
        NoFileYet: it is known from files, and there is none.
    """
    snapshot = Snapshot(system=system, taken_at=at, state=SnapshotState.FAULTY, grants=0)
    foresee(by, Act.DRIFT_DETECT, snapshot, at=at)
    if is_fed_by_files(system):
        return _from_newest_file(system, by=by, at=at)
    observe = registries.drift_sources.get(reader(system))
    if observe is None:
        raise NotReached(f"no connector reads {reader(system)}; import a snapshot from a file")
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


def _from_newest_file(system: GovernedSystem, *, by: Actor, at: datetime) -> Outcome:
    """Compare again what the newest file showed; no look is recorded, since there was none."""
    newest = _looked(system).first()
    if newest is None:
        raise NoFileYet(
            f"{system} has no connection: its grants come as files, and none was taken in yet"
            " (manage.py snapshot import, or on its page of the board)"
        )
    settled = sweep(system, by=by, at=at)
    return Outcome(newest, settled.opened, settled.closed, _lasting_by_kind(system))


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


def put_off_due(*, at: datetime) -> int:
    """Let workers compare each scheduled system whose time has come; return how many."""
    newest = Snapshot.objects.filter(system=OuterRef("pk")).values("taken_at")[:1]
    due = 0
    for system in GovernedSystem.objects.filter(is_scheduled=True).annotate(seen=Subquery(newest)):
        if system.seen is None or system.seen <= at - timedelta(hours=system.every_hours):
            key = f"drift_detect:{system.slug}:{at:%Y-%m-%dT%H}"
            due += jobs.enqueue("drift_detect", key=key, payload={"system": system.slug}, at=at)
    return due


def sweep_all(*, by: Actor, at: datetime) -> None:
    """Do `sweep` for each system that is compared by schedule or was ever compared.

    Raises:
        NotAllowed: ``by`` may not compare one of them.
    """
    looked = Snapshot.objects.filter(system=OuterRef("pk"))
    for system in GovernedSystem.objects.filter(Q(is_scheduled=True) | Exists(looked)):
        sweep(system, by=by, at=at)


@transaction.atomic
def record(system: GovernedSystem, observation: Observation, *, by: Actor, at: datetime) -> Outcome:
    """Keep ``observation`` and open, keep or close findings accordingly.

    Raises:
        NotAllowed: ``by`` may not compare this system.
    """
    staged = observing.stage(observation.rows)
    seen = Seen(observation.complete, observation.taken_at, observation.source_hash)
    return compare(system, seen, staged, by=by, at=at)


def same_as_before(system: GovernedSystem, source_hash: str) -> Snapshot | None:
    """Return the newest snapshot if it was believed and its source was the very same."""
    newest = _looked(system).first()
    if newest and newest.state == SnapshotState.COMPARED and newest.source_hash == source_hash:
        return newest
    return None


@transaction.atomic
def compare(
    system: GovernedSystem, seen: Seen, staged: Staged, *, by: Actor, at: datetime
) -> Outcome:
    """Compare the grants in ``drift_seen`` with the approved ones, in the caller's transaction.

    The system's row is locked, so two comparisons of one system follow each other.

    Raises:
        NotAllowed: ``by`` may not compare this system.
    """
    system = GovernedSystem.objects.select_for_update(of=("self",)).get(pk=system.pk)
    require(by, Act.DRIFT_DETECT, Snapshot(system=system), at=at)
    matched = observing.match(system, staged)
    snapshot = _snapshot(system, seen, matched.grants)
    snapshot.save()
    if matched.is_known:
        observing.merge(snapshot, is_trusted=snapshot.state == SnapshotState.COMPARED)
    return _conclude(snapshot, by=by, at=at)


@transaction.atomic
def compare_again(
    system: GovernedSystem, seen: Seen, grants: int, *, by: Actor, at: datetime
) -> Outcome:
    """Compare anew what is known of ``system``, whose source shows the same ``grants`` as before.

    Raises:
        NotAllowed: ``by`` may not compare this system.
    """
    system = GovernedSystem.objects.select_for_update(of=("self",)).get(pk=system.pk)
    require(by, Act.DRIFT_DETECT, Snapshot(system=system), at=at)
    snapshot = _snapshot(system, seen, grants)
    snapshot.save()
    return _conclude(snapshot, by=by, at=at)


@transaction.atomic
def release(snapshot: Snapshot, *, by: Actor, at: datetime, reason: str) -> Outcome:
    """Believe a suspect ``snapshot`` after all: what it did not show is gone.

    Raises:
        NotAllowed: ``by`` may not say so.
        Refused: no reason.
        Conflict: it is not suspect, or not the newest.
    """
    require(by, Act.DRIFT_RELEASE, snapshot, at=at)
    if not reason.strip():
        raise Refused("To release a snapshot needs a reason.")
    system = GovernedSystem.objects.select_for_update(of=("self",)).get(pk=snapshot.system_id)
    newest = _looked(system).first()
    if newest != snapshot or not Snapshot.objects.filter(
        pk=snapshot.pk, state=SnapshotState.SUSPECT
    ).update(state=SnapshotState.COMPARED, fault=""):
        raise Conflict(f"{snapshot} is not the newest, or not suspect")
    snapshot.refresh_from_db()
    observing.believe(snapshot)
    audit.record(by=by, act=Act.DRIFT_RELEASE, ref=snapshot.ref, at=at, reason=reason)
    return _conclude(snapshot, by=by, at=at)


@transaction.atomic
def sweep(system: GovernedSystem, *, by: Actor, at: datetime) -> settling_drift.Settled:
    """Say what time and approvals alone have changed since the last look: a few keys, no reading.

    Also whether ``system`` has gone too long without a snapshot.

    Raises:
        NotAllowed: ``by`` may not compare this system.
    """
    system = GovernedSystem.objects.select_for_update(of=("self",)).get(pk=system.pk)
    newest = _looked(system).first()
    require(by, Act.DRIFT_DETECT, newest or Snapshot(system=system), at=at)
    fresh = newest is not None and newest.taken_at >= at - timedelta(hours=system.fresh_hours)
    stale = settling_drift.settle_one(system, Kind.UNGOVERNED, is_so=not fresh, at=at)
    if newest is None:
        return stale
    since = system.rechecked_at or newest.taken_at
    drift.touch_passed(system.pk, since=since, at=at)
    settled = _settle_touched(system, newest, at=at)
    return settling_drift.Settled(settled.opened + stale.opened, settled.closed + stale.closed)


@transaction.atomic
def recheck(
    system: GovernedSystem, keys: Iterable[tuple[str, str, str]], *, by: Actor, at: datetime
) -> settling_drift.Settled:
    """Compare only ``keys`` (principal, entitlement, scope), by what was last seen.

    Raises:
        NotAllowed: ``by`` may not compare this system.
    """
    system = GovernedSystem.objects.select_for_update(of=("self",)).get(pk=system.pk)
    newest = _looked(system).first()
    require(by, Act.DRIFT_DETECT, newest or Snapshot(system=system), at=at)
    if newest is None:
        return settling_drift.Settled(0, 0)
    drift.touch([(system.pk, *key) for key in keys])
    return _settle_touched(system, newest, at=at, moves_on=False)


def _settle_touched(
    system: GovernedSystem, newest: Snapshot, *, at: datetime, moves_on: bool = True
) -> settling_drift.Settled:
    trusted = newest.state == SnapshotState.COMPARED
    drift.classify_touched([Look(system.pk, newest.taken_at, trusted)], at=at)
    settled = settling_drift.settle_touched(system, at=at, may_close=trusted)
    if moves_on:
        GovernedSystem.objects.filter(pk=system.pk).update(rechecked_at=at)
    return settled


def _looked(system: GovernedSystem) -> QuerySet[Snapshot]:
    """Return the snapshots that showed anything, newest first."""
    return Snapshot.objects.filter(system=system).exclude(state=SnapshotState.FAULTY)


def _snapshot(system: GovernedSystem, seen: Seen, grants: int) -> Snapshot:
    compared = Snapshot.objects.filter(system=system, state=SnapshotState.COMPARED)
    recent = list(compared.values_list("grants", flat=True)[:RECENT_SNAPSHOTS])
    last = _looked(system).values_list("source_hash", flat=True).first()
    trusted = is_trusted(
        rows=grants,
        complete=seen.complete,
        recent=recent[::-1],
        is_repeated=seen.source_hash == last,
    )
    return Snapshot(
        system=system,
        taken_at=seen.taken_at,
        state=SnapshotState.COMPARED if trusted else SnapshotState.SUSPECT,
        grants=grants,
        source_hash=seen.source_hash,
        fault="" if trusted else SHRUNK,
    )


def _conclude(snapshot: Snapshot, *, by: Actor, at: datetime) -> Outcome:
    """Compare all of the system by what is observed now, and tell its owner what is new."""
    system = snapshot.system
    trusted = snapshot.state == SnapshotState.COMPARED
    drift.classify([Look(system.pk, snapshot.taken_at, trusted)], at=at)
    if not trusted:
        settling_drift.accuse(system, Kind.CONNECTOR_FAULT)
    settled = settling_drift.settle(system, at=at, may_close=trusted)
    GovernedSystem.objects.filter(pk=system.pk).update(rechecked_at=at)
    audit.record(
        by=by,
        act=Act.DRIFT_DETECT,
        ref=snapshot.ref,
        at=at,
        system=system.ref,
        grants=snapshot.grants,
        opened=settled.opened,
        closed=settled.closed,
    )
    if settled.opened:
        _tell(snapshot, settled.opened, at=at)
    return Outcome(snapshot, settled.opened, settled.closed, _lasting_by_kind(system))


def _lasting_by_kind(system: GovernedSystem) -> dict[str, int]:
    kinds = DriftFinding.objects.lasting().filter(system=system).order_by("kind")
    return dict(kinds.values_list("kind").annotate(n=Count("pk")))


def _tell(snapshot: Snapshot, opened: int, *, at: datetime) -> None:
    system = snapshot.system
    owner = system.owner
    urgent = DriftFinding.objects.filter(
        system=system, state=DriftState.OPEN, first_seen_at=at, severity=Severity.HIGH
    ).count()
    to: Iterable[User] = (
        [owner] if owner else notices.holders("data_owner", site=system.site, at=at)
    )
    notices.send(
        to=to,
        subject=f"Drift in {system}: {opened:,} new",
        text=(
            f"{opened:,} differences between what {system} grants and what was approved are new,"
            f" {urgent:,} of them to be decided within a day."
        ),
        ref=snapshot.ref,
        key=f"drift:{snapshot.pk}",
        at=at,
    )
