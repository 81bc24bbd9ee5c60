"""Who is who: names for references, and who can help at a site."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from governance.models import Membership, Site, User

RESPONDERS = ("incident_commander", "soc_analyst", "site_operator")
COMMANDER = "Incident commander"


@dataclass(frozen=True, slots=True)
class Responder:
    """Somebody who can help: what they answer for, and how they are reached."""

    id: UUID
    name: str
    email: str
    phone: str
    roles: tuple[str, ...]


def names(refs: Iterable[str]) -> dict[str, str]:
    """Return the names behind references of actors, in one query; unknown ones keep theirs."""
    wanted = set(refs)
    ids = [UUID(ref.removeprefix("user:")) for ref in wanted if ref.startswith("user:")]
    found = {
        f"user:{key}": name
        for key, name in User.objects.filter(pk__in=ids).values_list("pk", "name")
    }
    return {ref: found.get(ref) or ref.partition(":")[2].capitalize() for ref in wanted}


def name(ref: str) -> str:
    return names([ref])[ref]


def above(site: Site) -> list[str]:
    """Return the paths of ``site`` and of everything it lies in."""
    steps = site.path.split("/")
    return ["/".join(steps[: end + 1]) for end in range(len(steps))]


def memberships(site: Site, *, at: datetime) -> QuerySet[Membership]:
    """Return the roles that are held by people at ``site`` or above it."""
    return Membership.objects.in_force(at).filter(
        user__is_active=True, user__kind="person", site__path__in=above(site)
    )


def responders(site: Site, *, at: datetime) -> list[Responder]:
    """Return who can help at ``site``, commanders first, each once with all their roles."""
    return crew(site, "", at=at)[0]


def crew(site: Site, ref: str, *, at: datetime) -> tuple[list[Responder], set[str]]:
    """Return who can help at ``site``, and which roles the person behind ``ref`` holds there."""
    helps = Q(role__slug__in=RESPONDERS)
    mine = Q(user_id=UUID(ref.removeprefix("user:"))) if ref.startswith("user:") else Q(pk__in=[])
    held: dict[UUID, Responder] = {}
    own = set()
    for key, called, email, phone, slug, role in (
        memberships(site, at=at)
        .filter(helps | mine)
        .order_by("role__slug", "pk")
        .values_list(
            "user_id", "user__name", "user__email", "user__phone", "role__slug", "role__name"
        )
    ):
        if f"user:{key}" == ref:
            own.add(slug)
        if slug in RESPONDERS:
            known = held.get(key)
            roles = (*known.roles, role) if known else (role,)
            held[key] = Responder(key, called, email or "", phone, tuple(dict.fromkeys(roles)))
    by_rank = sorted(held.values(), key=lambda one: (COMMANDER not in one.roles, one.name))
    return by_rank, own


def users(site: Site, *, at: datetime) -> QuerySet[User]:
    """Return the people to tell when something happens at ``site``."""
    rows = memberships(site, at=at).filter(role__slug__in=RESPONDERS)
    return User.objects.filter(Q(pk__in=rows.values("user_id"))).distinct()


def roles_of(ref: str, *, at: datetime) -> list[tuple[str, str]]:
    """Return the (role, site path) pairs that the person behind ``ref`` holds."""
    if not ref.startswith("user:"):
        return []
    rows = Membership.objects.in_force(at).filter(
        user_id=UUID(ref.removeprefix("user:")), site__isnull=False
    )
    return [(role, path) for role, path in rows.values_list("role__slug", "site__path")]


def person(ref: str) -> User | None:
    """Return the active person behind ``ref``, a reference of our own people."""
    try:
        key = UUID(ref.removeprefix("user:"))
    except ValueError:
        return None
    return User.objects.filter(pk=key, is_active=True, kind="person").first()
