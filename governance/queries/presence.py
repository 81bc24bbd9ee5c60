"""Whether what was approved is really there: by the policy at once, in a system once it is seen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from governance.domain import fqn
from governance.domain.drift import ALL_RIGHTS
from governance.models import GovernedSystem, Grant, ObservedGrant, Snapshot, SnapshotState

EVERYTHING = ("cluster", "*")


class Where(StrEnum):
    """How an approval and its system stand to one another."""

    POLICY = "policy"
    SEEN = "seen"
    ABSENT = "absent"
    UNCOMPARED = "uncompared"


@dataclass(frozen=True, slots=True)
class Presence:
    """Where the access holds, and by which look into the system that is known."""

    where: Where
    as_of: datetime | None = None
    to_give: str = ""
    """Who has to give it there; empty where it holds."""

    @property
    def holds(self) -> bool:
        """Whether it is there where it must be."""
        return self.where in (Where.POLICY, Where.SEEN)


def of(grants: Sequence[Grant]) -> dict[int, Presence]:
    """Return by key of grant whether it is there, by the newest look that was believed.

    Two queries, however many there are. Wardroom's own records need no look: the policy asks the
    grant at each decision.
    """
    outside = [one for one in grants if not one.act]
    looks = _looks({one.system_id for one in outside})
    rows = (
        ObservedGrant.objects.filter(
            system__in=looks,
            principal__in={one.principal for one in outside},
            entitlement__in={ALL_RIGHTS, *(one.entitlement for one in outside)},
            scope__in={place for one in outside for place in containing(one.scope)},
        )
        if looks
        else ObservedGrant.objects.none()
    )
    seen = set(rows.values_list("system_id", "principal", "entitlement", "scope"))
    found = {one.pk: Presence(Where.POLICY) for one in grants if one.act}
    for one in outside:
        found[one.pk] = _judged(one, seen, looks.get(one.system_id))
    return found


def containing(scope: str) -> tuple[str, ...]:
    """Return ``scope`` and every place that contains it, up to the whole system."""
    try:
        parts = fqn.split(scope)
    except ValueError:
        return (scope, *EVERYTHING)
    wider = [fqn.joined(*parts[:count]) for count in range(len(parts), 0, -1)]
    return (*wider, f"schema:{parts[0]}", *EVERYTHING)


def giver(system: GovernedSystem) -> str:
    """Return who has to give in ``system`` what was approved."""
    return str(system.owner) if system.owner else f"an administrator of {system.site}"


def _looks(systems: Iterable[int]) -> dict[int, datetime]:
    if not systems:
        return {}
    looks = Snapshot.objects.filter(system__in=systems).exclude(state=SnapshotState.FAULTY)
    newest = looks.order_by("system_id", "-taken_at", "-pk").distinct("system_id")
    return dict(newest.values_list("system_id", "taken_at"))


def _judged(grant: Grant, seen: set[tuple[int, str, str, str]], as_of: datetime | None) -> Presence:
    if as_of is None:
        return Presence(Where.UNCOMPARED, to_give=giver(grant.system))
    rights = (grant.entitlement, ALL_RIGHTS)
    is_there = any(
        (grant.system_id, grant.principal, right, place) in seen
        for right in rights
        for place in (containing(grant.scope) if right == grant.entitlement else EVERYTHING)
    )
    if is_there:
        return Presence(Where.SEEN, as_of)
    return Presence(Where.ABSENT, as_of, giver(grant.system))
