"""Who could decide about an access request."""

from dataclasses import dataclass
from datetime import datetime

from governance import access
from governance.models import AccessRequest, Membership, PolicyHead, PolicyRule, Role, User
from governance.permissions import Act

SHOWN = 8
"""Each name costs one decision of the policy."""


@dataclass(frozen=True, slots=True)
class Deciders:
    """People who may decide, how many more hold such a role, and the roles by name."""

    people: tuple[User, ...]
    more: int
    roles: tuple[str, ...]


def deciders(request: AccessRequest, *, at: datetime) -> Deciders:
    """Return who may decide about ``request`` at ``at`` by a role, who asks or gets it left out.

    The roles come from the policy in force; everybody named was asked about there. Who may
    by a grant on this one record only is not looked for.
    """
    act = Act.REQUEST_CONFIRM if request.first_approved_at else Act.REQUEST_DECIDE
    slugs = (
        PolicyRule.objects.filter(
            version__in=PolicyHead.objects.values("version"),
            rtype__in=[AccessRequest.resource_type(), "*"],
            act__in=[act, "*"],
            eft="allow",
        )
        .order_by()
        .values("sub")
    )
    roles = Role.objects.filter(slug__in=slugs, is_external=False)
    held = Membership.objects.in_force(at).filter(
        role__in=roles, site__slug__in=request.system.site.path.split("/")
    )
    holders = (
        User.objects.filter(is_active=True, kind="person", memberships__in=held)
        .exclude(pk__in=[key for key in (request.requester_id, request.grantee_id) if key])
        .distinct()
        .order_by("name", "pk")
    )
    people = tuple(
        user
        for user in holders[:SHOWN]
        if (request.first_approved_at or request.route.is_turn_of(user.pk, at=at))
        and user.as_actor().ref != request.first_approved_by
        and access.allows(user.as_actor(), act, request, at=at)
    )
    names = tuple(roles.order_by("name").values_list("name", flat=True))
    return Deciders(people, max(0, holders.count() - SHOWN), names)
