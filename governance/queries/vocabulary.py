"""What can be asked for in a governed system, as far as somebody has looked into it.

A look that was believed, and what higher apps know of its records, say which rights, places and
logins there are. Of a system into which nobody looked, nothing is known and anything is taken.
"""

from dataclasses import dataclass
from datetime import datetime

from governance import access, registries
from governance.domain import nearness, rights
from governance.domain.actor import Actor
from governance.models import (
    GovernedSystem,
    Grant,
    ObservedGrant,
    PrincipalAlias,
    Snapshot,
    SnapshotState,
    User,
)
from governance.permissions import Act
from governance.queries import resources

MOST = 500
CLUSTER = "cluster"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What is known of a system: by a look at ``seen_at``, and by records that lie in it."""

    system: GovernedSystem
    seen_at: datetime | None
    is_listed: bool

    @property
    def is_known(self) -> bool:
        """Whether words of this system can be told from others."""
        return self.seen_at is not None or self.is_listed


def of(system: GovernedSystem) -> Vocabulary:
    """Return what is known of ``system`` now; a look that showed nothing says nothing."""
    look = Snapshot.objects.filter(system=system).exclude(state=SnapshotState.FAULTY).first()
    has_shown = look is not None and ObservedGrant.objects.filter(system=system).exists()
    is_listed = any(one.knows(system.pk) for _, one in registries.scopes)
    return Vocabulary(system, look.taken_at if look and has_shown else None, is_listed)


def faults(
    known: Vocabulary, *, entitlement: str, scope: str, to: Actor, at: datetime
) -> dict[str, str]:
    """Return a sentence for each of the two that the system does not have, by field.

    Near names are told as far as ``to`` may see them.
    """
    found = {}
    if not _has_entitlement(known, entitlement):
        near = [*rights.MEANT.get(entitlement.casefold(), ())]
        words = entitlements(known)
        near = [one for one in near if one in words] or nearness.nearest(entitlement, words)
        said = f"{known.system} knows no right {entitlement}"
        found["entitlement"] = said + (nearness.offered(near) or ".")
    if not _has_scope(known, scope):
        near = nearness.nearest(scope, scopes(known, to=to, at=at))
        found["scope"] = f"{known.system} has no {scope}" + (nearness.offered(near) or ".")
    return found


def caution(known: Vocabulary, principal: str) -> str:
    """Return what whoever decides must know of the login; empty where it was seen there."""
    if not known.is_known:
        return (
            f"Nobody has looked into {known.system} yet: whether it has this login, right and "
            "scope is not known."
        )
    if has_login(known, principal):
        return ""
    if known.seen_at is None:
        return f"The logins of {known.system} are not known yet: whether this one is there is open."
    day = f"{known.seen_at:%b} {known.seen_at.day}"
    return f"No such login was seen in {known.system} on {day}: it has to be made."


def has_login(known: Vocabulary, principal: str) -> bool:
    """Say whether ``principal`` was seen in the system, or is named as somebody's there."""
    here = {"system": known.system, "principal": principal}
    return (
        ObservedGrant.objects.filter(**here).exists()
        or PrincipalAlias.objects.filter(**here).exists()
    )


def entitlements(known: Vocabulary) -> list[str]:
    """Return the rights that can be asked for: what its kind has, and what was seen there."""
    seen = ObservedGrant.objects.filter(system=known.system).order_by("entitlement")
    words = seen.values_list("entitlement", flat=True).distinct()[:MOST]
    return sorted({*words, *rights.OF_KIND.get(known.system.kind, ())})


def scopes(known: Vocabulary, *, to: Actor, at: datetime) -> list[str]:
    """Return the places in the system that ``to`` may see, at most so many of each source."""
    found: set[str] = set()
    if access.allows(to, Act.GRANT_READ, Grant(system=known.system), at=at):
        seen = ObservedGrant.objects.filter(system=known.system).order_by("scope")
        found.update(seen.values_list("scope", flat=True).distinct()[:MOST])
    for _, one in registries.scopes:
        found.update(one.visible(known.system.pk, to, at))
    return sorted(found)


def logins(system: GovernedSystem, person: User) -> list[str]:
    """Return the logins of ``person`` in ``system``, as they were named."""
    named = PrincipalAlias.objects.filter(system=system, user=person).order_by("principal")
    return list(named.values_list("principal", flat=True))


def _has_entitlement(known: Vocabulary, word: str) -> bool:
    if not known.is_known:
        return True
    fixed = rights.OF_KIND.get(known.system.kind, frozenset())
    if word in fixed:
        return True
    if known.seen_at is None:
        return not fixed
    return ObservedGrant.objects.filter(system=known.system, entitlement=word).exists()


def _has_scope(known: Vocabulary, scope: str) -> bool:
    if not known.is_known or scope == CLUSTER:
        return True
    if known.seen_at is None and not known.is_listed:
        return True
    kind, colon, name = scope.partition(":")
    if known.seen_at is not None:
        seen = ObservedGrant.objects.filter(system=known.system)
        if seen.filter(scope=scope).exists():
            return True
        # A role of which nobody is a member yet shows by its own rights alone.
        if colon and kind == "role" and seen.filter(principal=name).exists():
            return True
    elif colon and kind not in ("schema", "database"):
        return True  # no record of ours lies there, so nothing speaks against it
    return bool(resources.located(known.system, scope)) or any(
        one.has(known.system.pk, scope) for _, one in registries.scopes
    )
