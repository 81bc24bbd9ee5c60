"""What this service itself grants: roles at sites or partners, and rights on single records."""

from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone

from governance.domain.drift import Observation, ObservedGrant, one_per_key, source_hash
from governance.models import Membership, User, guardian_grants

PRIVILEGED = frozenset({"administrator", "board_member", "operator"})


def observe(_dsn: str) -> Observation:
    """Read who holds which role where, and who was given a right on which record, now.

    Principals are mail addresses, and ``service:`` with the name for service actors. The scope
    of a role is ``site:`` with its path, or the reference of the partner.
    """
    at = timezone.now()
    rows = one_per_key([*_roles(at), *_rights()])
    return Observation(rows, complete=True, taken_at=at, source_hash=source_hash(rows))


def _principal(user: User) -> str:
    return user.email or f"service:{user.slug}"


def _roles(at: datetime) -> Iterator[ObservedGrant]:
    held = Membership.objects.in_force(at).select_related("user", "role", "site")
    for row in held.order_by("pk"):
        yield ObservedGrant(
            principal=_principal(row.user)[:120],
            entitlement=row.role.slug[:60],
            scope=(f"site:{row.site.path}" if row.site else row.party)[:300],
            via="direct",
            is_privileged=row.role.slug in PRIVILEGED,
            can_login=row.user.email is not None and row.user.is_active,
            granted_at=row.valid_from,
        )


def _rights() -> Iterator[ObservedGrant]:
    for user, right, ref in guardian_grants.all_given():
        yield ObservedGrant(
            principal=_principal(user)[:120],
            entitlement=right[:60],
            scope=ref[:300],
            via="direct",
            can_login=user.is_active,
        )
