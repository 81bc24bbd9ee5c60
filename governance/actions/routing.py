"""Finding who decides about a request: owner, deputy, and what absences change."""

from datetime import datetime
from uuid import UUID

from governance import access
from governance.domain import routing
from governance.domain.routing import Route
from governance.models import Absence, AccessRequest, User
from governance.permissions import Act
from governance.queries.resources import Facts


def lay(request: AccessRequest, facts: Facts, *, at: datetime) -> Route:
    """Write on the unsaved ``request`` whose turn it will be, and return that.

    The deputy is whom the owner named for an absence, else the steward. Who may not decide by
    the policy, asks, or gets the access has no turn.
    """
    owner = facts.owner if may(facts.owner, request, at=at) else None
    away = _absence(facts.owner, request, at=at)
    deputy = next(
        (
            one
            for one in (away.deputy if away else None, facts.steward)
            if one != owner and may(one, request, at=at)
        ),
        None,
    )
    found = routing.route(
        owner=owner.pk if owner else None,
        deputy=deputy.pk if deputy else None,
        owner_can=away is None,
        submitted_at=request.submitted_at,
    )
    request.owner, request.deputy = owner, deputy
    request.deputy_from, request.all_from = found.deputy_from, found.all_from
    return found


def may(person: User | None, request: AccessRequest, *, at: datetime) -> bool:
    """Say whether ``person`` could decide about ``request`` at all, whoever's turn it is."""
    if person is None or not person.is_active or person.pk in concerned(request):
        return False
    return access.allows(person.as_actor(has_mfa=True), Act.REQUEST_DECIDE, request, at=at)


def concerned(request: AccessRequest) -> set[UUID]:
    """Return the keys of those who ask or get the access, and so never decide about it."""
    return {key for key in (request.requester_id, request.grantee_id) if key is not None}


def _absence(person: User | None, request: AccessRequest, *, at: datetime) -> Absence | None:
    if person is None:
        return None
    path = request.system.site.path.split("/")
    return (
        Absence.objects.in_force(at)
        .filter(user=person, site__slug__in=path)
        .select_related("deputy")
        .order_by("-site__path", "-pk")
        .first()
    )
