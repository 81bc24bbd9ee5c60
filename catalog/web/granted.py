"""Who has access to an asset: what its system grants, beside what was approved."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog.models import Asset
from governance import access
from governance.domain import fqn
from governance.domain.actor import Actor
from governance.models import (
    DriftFinding,
    Grant,
    ObservedGrant,
    Snapshot,
    SnapshotState,
)
from governance.permissions import Act as GroundAct

MOST_GRANTS = 50


@dataclass(frozen=True, slots=True)
class AccessLine:
    """One grant that the system shows or that was approved, and how the two agree."""

    principal: str
    entitlement: str
    path: str
    state: str
    note: str


def on(asset: Asset, by: Actor, *, at: datetime) -> dict[str, Any] | None:
    """Return who has access by the last look into the system, beside what was approved.

    None where nothing can be granted, or where ``by`` may not read grants.
    """
    scope = scope_of(asset)
    if scope is None or not access.allows(
        by, GroundAct.GRANT_READ, Grant(system=asset.system), at=at
    ):
        return None
    here = {"system": asset.system, "scope": scope}
    drift = {
        (row.principal, row.entitlement): row
        for row in access.visible(
            DriftFinding.objects.lasting().filter(**here),
            to=by,
            act=GroundAct.DRIFT_READ,
            at=at,
        )
    }
    approved = {
        (row.principal, row.entitlement): row for row in Grant.objects.in_force(at).filter(**here)
    }
    snapshot = Snapshot.objects.filter(system=asset.system, state=SnapshotState.COMPARED).first()
    observed = ObservedGrant.objects.filter(**here).order_by(
        "is_implied", "principal", "entitlement"
    )
    rows = list(observed[: MOST_GRANTS + 1]) if snapshot else []
    lines = [_line(row, drift, approved) for row in rows[:MOST_GRANTS]]
    there = {(row.principal, row.entitlement) for row in rows}
    lines += [
        AccessLine(key[0], key[1], "approved, not there", "missing", _found(row))
        for key, row in drift.items()
        if row.kind == "missing" and key not in there
    ]
    return {"lines": _folded(lines), "snapshot": snapshot, "is_cut": len(rows) > MOST_GRANTS}


def _folded(lines: list[AccessLine]) -> list[AccessLine]:
    """Put together what one principal has by one path and with one approval."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for line in lines:
        key = (line.principal, line.path, line.state, line.note)
        groups.setdefault(key, []).append(line.entitlement)
    return [
        AccessLine(principal, ", ".join(rights), path, state, note)
        for (principal, path, state, note), rights in groups.items()
    ]


def _line(
    row: ObservedGrant,
    drift: dict[tuple[str, str], DriftFinding],
    approved: dict[tuple[str, str], Grant],
) -> AccessLine:
    key = (row.principal, row.entitlement)
    if key in drift:
        kind = drift[key].kind
        words = {
            "unapproved": "Granted in the system, approved by nobody.",
            "expired_alive": "The approval has ended, the grant is still there.",
        }
        note = f"{words.get(kind, kind)} {_found(drift[key])}"
        return AccessLine(row.principal, row.entitlement, row.via, "drift", note)
    if key in approved:
        grant = approved[key]
        end = f"{grant.valid_to:%b} {grant.valid_to.day}, {grant.valid_to:%Y}"
        return AccessLine(row.principal, row.entitlement, row.via, "approved", f"until {end}")
    return AccessLine(
        row.principal, row.entitlement, row.via, "implied", "follows from a right it has"
    )


def _found(row: DriftFinding) -> str:
    return f"Found {row.first_seen_at:%b} {row.first_seen_at.day}, {row.first_seen_at:%H:%M} UTC."


def scope_of(asset: Asset) -> str | None:
    """Return how grants name the asset; None for kinds on which nothing is granted."""
    path = fqn.split(asset.fqn)
    match asset.kind:
        case "table" | "view" if len(path) == 3:
            return fqn.joined(*path[1:])
        case "schema" | "database":
            return f"{asset.kind}:{path[-1]}"
    return None


def located(system: int, scope: str) -> str:
    """Return the reference of the live asset that grants in ``system`` name ``scope``.

    The reverse of :func:`scope_of`; empty where none is named so, or more than one.
    """
    kind, colon, name = scope.partition(":")
    rows = Asset.objects.live().filter(system=system)
    if colon and kind in ("schema", "database"):
        rows = rows.filter(kind=kind, name=name)
    elif scope:
        rows = rows.filter(kind__in=["table", "view"], fqn__endswith=f".{scope}")
    else:
        return ""
    found = [row for row in rows[:20] if scope_of(row) == scope]
    return found[0].ref if len(found) == 1 else ""
