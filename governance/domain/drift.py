"""Difference between the grants that were approved and those that a system really holds."""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

STARTED_BEFORE = timedelta(hours=1)
"""A live grant may be absent this long before it is missing: the system needs time to follow."""

SHRINKAGE = 0.20
"""Share of rows that a snapshot may lose before it is taken for a fault of the connector."""

RECENT_SNAPSHOTS = 5

ALL_RIGHTS = "superuser"
"""Entitlement that includes every other one of its system."""


class Kind(StrEnum):
    """What is wrong with a grant, a principal or a system."""

    UNAPPROVED = "unapproved"
    MISSING = "missing"
    EXPIRED_ALIVE = "expired_alive"
    ORPHAN = "orphan"
    UNGOVERNED = "ungoverned"
    CONNECTOR_FAULT = "connector_fault"


class Severity(StrEnum):
    """How soon a finding needs a person."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


SEVERITY = {
    Kind.UNAPPROVED: Severity.HIGH,
    Kind.MISSING: Severity.MEDIUM,
    Kind.EXPIRED_ALIVE: Severity.HIGH,
    Kind.ORPHAN: Severity.HIGH,
    Kind.UNGOVERNED: Severity.MEDIUM,
    Kind.CONNECTOR_FAULT: Severity.MEDIUM,
}


@dataclass(frozen=True, slots=True, order=True)
class GrantKey:
    """Who may do what where, within one system."""

    principal: str
    entitlement: str
    scope: str


@dataclass(frozen=True, slots=True)
class DesiredGrant:
    """An approved grant, valid in ``[valid_from, valid_to)`` unless revoked before."""

    key: GrantKey
    valid_from: datetime
    valid_to: datetime
    revoked_at: datetime | None = None

    @property
    def ends_at(self) -> datetime:
        """When the grant stops, by date or by revocation."""
        return self.valid_to if self.revoked_at is None else min(self.valid_to, self.revoked_at)

    def is_live(self, at: datetime) -> bool:
        """Whether the grant gives access at ``at``."""
        return self.valid_from <= at < self.ends_at


@dataclass(frozen=True, slots=True)
class ObservedGrant:
    """A grant found in a system."""

    principal: str
    entitlement: str
    scope: str
    via: str
    """``direct``, ``owner``, ``public``, ``member of X``, ``set role X``."""
    is_privileged: bool = False
    can_login: bool = True
    is_implied: bool = False
    """Follows from another row (ownership, membership, PUBLIC): it meets an approved grant, and
    is no finding by itself, so that one wrong membership is one finding and not a thousand."""

    @property
    def key(self) -> GrantKey:
        """Who, what, where."""
        return GrantKey(self.principal, self.entitlement, self.scope)


@dataclass(frozen=True, slots=True)
class Observation:
    """One snapshot of a system's grants."""

    rows: tuple[ObservedGrant, ...]
    complete: bool
    taken_at: datetime
    source_hash: str
    """SHA-256 of the rows: an equal hash means that nothing changed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference; the same difference has the same ``id`` in every run."""

    id: str
    kind: Kind
    severity: Severity
    system: str
    key: GrantKey
    via: str = ""
    is_privileged: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Findings of one run.

    When the snapshot is not trusted, ``MISSING`` was not looked for, and findings that are
    absent here must stay open: absence proves nothing.
    """

    findings: tuple[Finding, ...]
    is_trusted: bool


def finding_id(kind: Kind, system: str, key: GrantKey) -> str:
    """Return the SHA-256, in hex, of a finding's kind and key."""
    text = json.dumps([kind, system, key.principal, key.entitlement, key.scope])
    return hashlib.sha256(text.encode()).hexdigest()


def source_hash(rows: Iterable[ObservedGrant]) -> str:
    """Return the SHA-256, in hex, of ``rows`` regardless of their order."""
    lines = sorted(
        json.dumps(
            [
                *(row.principal, row.entitlement, row.scope, row.via),
                *(row.is_privileged, row.can_login, row.is_implied),
            ]
        )
        for row in rows
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def one_per_key(rows: Iterable[ObservedGrant]) -> tuple[ObservedGrant, ...]:
    """Return one row per key, sorted; a row of its own right wins over an implied one."""
    strongest: dict[GrantKey, ObservedGrant] = {}
    for row in rows:
        other = strongest.get(row.key)
        if other is None or (row.is_implied, row.via) < (other.is_implied, other.via):
            strongest[row.key] = row
    return tuple(strongest[key] for key in sorted(strongest))


def is_trusted(
    observation: Observation, *, recent: Sequence[int] = (), last_hash: str | None = None
) -> bool:
    """Return whether the absence of a row in ``observation`` may be believed.

    Args:
        observation: the new snapshot.
        recent: row counts of earlier complete and trusted snapshots, newest last.
        last_hash: hash of the snapshot before, trusted or not; two equal ones in a row are
            believed even when many rows went away.
    """
    if not observation.complete:
        return False
    if not recent or observation.source_hash == last_hash:
        return True
    usual = median(recent[-RECENT_SNAPSHOTS:])
    return len(observation.rows) >= usual * (1 - SHRINKAGE)


def compare(
    desired: Iterable[DesiredGrant],
    observed: Observation,
    *,
    at: datetime,
    system: str,
    known: Collection[str] | None = None,
    recent: Sequence[int] = (),
    last_hash: str | None = None,
) -> Comparison:
    """Return how the ``observed`` grants of ``system`` differ from the ``desired`` ones at ``at``.

    One key gives at most one of unapproved, missing and expired_alive. A grant that has not
    begun approves nothing yet; one that ended, observed still, is ``EXPIRED_ALIVE`` and not
    ``UNAPPROVED``.

    Args:
        desired: approved grants of this system, past ones included.
        observed: the snapshot to judge.
        at: the instant of judgment.
        system: slug of the system, part of every finding's identity.
        known: principals that belong to somebody present; None leaves orphans out.
        recent: see `is_trusted`.
        last_hash: see `is_trusted`.
    """
    trusted = is_trusted(observed, recent=recent, last_hash=last_hash)
    approved = _deciding(desired, at)
    found = {row.key: row for row in one_per_key(observed.rows)}
    almighty = {row.principal for row in observed.rows if row.entitlement == ALL_RIGHTS}
    findings = []
    for key, row in found.items():
        grant = approved.get(key)
        if grant is None:
            kind = None if row.is_implied else Kind.UNAPPROVED
        else:
            kind = None if grant.is_live(at) else Kind.EXPIRED_ALIVE
        if kind is not None:
            findings.append(_finding(kind, system, key, row))
    if trusted:
        findings += [
            _finding(Kind.MISSING, system, key)
            for key, grant in approved.items()
            if key not in found
            and key.principal not in almighty
            and grant.is_live(at)
            and grant.valid_from < at - STARTED_BEFORE
        ]
    else:
        findings.append(_finding(Kind.CONNECTOR_FAULT, system, GrantKey("", "", "")))
    if known is not None:
        strangers = {key.principal for key in found} - set(known)
        findings += [_finding(Kind.ORPHAN, system, GrantKey(name, "", "")) for name in strangers]
    return Comparison(tuple(sorted(findings, key=lambda found: (found.kind, found.key))), trusted)


def ungoverned(
    system: str, *, taken_at: datetime | None, at: datetime, within: timedelta = timedelta(hours=24)
) -> Finding | None:
    """Return a finding when ``system`` has no snapshot, or none younger than ``within``."""
    if taken_at is not None and taken_at >= at - within:
        return None
    return _finding(Kind.UNGOVERNED, system, GrantKey("", "", ""))


def _deciding(desired: Iterable[DesiredGrant], at: datetime) -> dict[GrantKey, DesiredGrant]:
    """Return per key the grant that counts at ``at``: a live one, else the latest that ended."""
    deciding: dict[GrantKey, DesiredGrant] = {}
    for grant in desired:
        if grant.valid_from > at:
            continue
        other = deciding.get(grant.key)
        if other is None or _weight(grant, at) > _weight(other, at):
            deciding[grant.key] = grant
    return deciding


def _weight(grant: DesiredGrant, at: datetime) -> tuple[bool, float]:
    # Of several live ones the earliest start counts: access has been due since then.
    if grant.is_live(at):
        return True, -grant.valid_from.timestamp()
    return False, grant.ends_at.timestamp()


def _finding(kind: Kind, system: str, key: GrantKey, row: ObservedGrant | None = None) -> Finding:
    return Finding(
        id=finding_id(kind, system, key),
        kind=kind,
        severity=SEVERITY[kind],
        system=system,
        key=key,
        via=row.via if row else "",
        is_privileged=row.is_privileged if row else False,
    )
