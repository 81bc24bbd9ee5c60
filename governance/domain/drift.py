"""Difference between the grants that were approved and those that a system really holds."""

import hashlib
import json
from collections.abc import Iterable, Sequence
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


UNUSED_AFTER = timedelta(days=90)
"""A grant not used for this long is unused, where the system knows what is used."""


class Kind(StrEnum):
    """What is wrong with a grant, a principal or a system."""

    UNAPPROVED = "unapproved"
    MISSING = "missing"
    EXPIRED_ALIVE = "expired_alive"
    UNUSED = "unused"
    ORPHAN = "orphan"
    SCOPE_WIDER = "scope_wider"
    SOD = "sod"
    VIA_CHANGED = "via_changed"
    PRIVILEGED_WITHOUT_MFA = "privileged_without_mfa"
    INCOHERENT_POLICY = "incoherent_policy"
    UNGOVERNED = "ungoverned"
    CONNECTOR_FAULT = "connector_fault"
    REPORTED = "reported"


class Severity(StrEnum):
    """How soon a finding needs a person."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


SEVERITY = {
    Kind.UNAPPROVED: Severity.HIGH,
    Kind.MISSING: Severity.MEDIUM,
    Kind.EXPIRED_ALIVE: Severity.HIGH,
    Kind.UNUSED: Severity.LOW,
    Kind.ORPHAN: Severity.HIGH,
    Kind.SCOPE_WIDER: Severity.HIGH,
    Kind.SOD: Severity.HIGH,
    Kind.VIA_CHANGED: Severity.LOW,
    Kind.PRIVILEGED_WITHOUT_MFA: Severity.HIGH,
    Kind.INCOHERENT_POLICY: Severity.HIGH,
    Kind.UNGOVERNED: Severity.MEDIUM,
    Kind.CONNECTOR_FAULT: Severity.MEDIUM,
    Kind.REPORTED: Severity.HIGH,
}

ALLOWED = {
    Severity.HIGH: timedelta(days=1),
    Severity.MEDIUM: timedelta(days=7),
    Severity.LOW: timedelta(days=30),
}
"""How long a finding may stand before somebody has decided about it."""

ACCESS_KINDS = (Kind.UNAPPROVED, Kind.EXPIRED_ALIVE, Kind.SCOPE_WIDER)
"""Access that somebody has and nobody approves."""


@dataclass(frozen=True, slots=True, order=True)
class GrantKey:
    """Who may do what where, within one system."""

    principal: str
    entitlement: str
    scope: str


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
    has_mfa: bool | None = None
    granted_at: datetime | None = None
    last_used: datetime | None = None
    usage_known: bool = False
    """Whether the source would say when it was used; where it would not, nothing is unused."""

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


def finding_id(kind: Kind, system: str, key: GrantKey) -> str:
    """Return the SHA-256, in hex, of a finding's kind, system and key.

    Each part is preceded by its length, so that no two keys give the same text.
    """
    parts = (kind.value, system, key.principal, key.entitlement, key.scope)
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()


def source_hash(rows: Iterable[ObservedGrant]) -> str:
    """Return the SHA-256, in hex, of ``rows`` regardless of their order."""
    lines = sorted(
        json.dumps(
            [
                *(row.principal, row.entitlement, row.scope, row.via),
                *(row.is_privileged, row.can_login, row.is_implied),
                *(row.has_mfa, str(row.granted_at), str(row.last_used), row.usage_known),
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
    *,
    rows: int,
    complete: bool,
    recent: Sequence[int] = (),
    is_repeated: bool = False,
) -> bool:
    """Return whether the absence of a row in a snapshot may be believed.

    Args:
        rows: how many grants it shows.
        complete: whether the connector says that it saw all of them.
        recent: row counts of earlier complete and trusted snapshots, newest last.
        is_repeated: whether the snapshot before, trusted or not, was equal: two in a row are
            believed even when many rows went away.
    """
    if not complete:
        return False
    if not recent or is_repeated:
        return True
    return rows >= usual(recent) * (1 - SHRINKAGE)


def usual(recent: Sequence[int]) -> float:
    """Return how many rows a snapshot is held against: the median of the last five.

    One that had shrunk and was believed all the same begins anew: what is gone for good must not
    make each later snapshot suspect.
    """
    window: list[int] = []
    for rows in recent:
        if window and rows < median(window[-RECENT_SNAPSHOTS:]) * (1 - SHRINKAGE):
            window = []
        window.append(rows)
    return median(window[-RECENT_SNAPSHOTS:])
