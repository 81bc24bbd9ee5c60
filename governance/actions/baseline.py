"""First set-up: service actors, roles, the root site and the baseline policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from governance.actions import people, policy
from governance.domain import actor as actors
from governance.models import Membership, PolicyVersion, Role, Site
from governance.policy.content import Content

SINCE = datetime(2000, 1, 1, tzinfo=UTC)
"""Service actors hold their roles since before anything: past instants can be replayed."""

SERVICE_ROLES = {
    "operator": "Operator",
    "scheduler": "Scheduler",
    "verifier": "Verifier",
    "producer": "Producer",
    "deliverer": "Deliverer",
    "approver": "Approver",
    "engine": "Engine",
    "sensor": "Sensor",
}


@dataclass(frozen=True, slots=True)
class RoleText:
    """A role as the baseline describes it."""

    slug: str
    name: str
    purpose: str
    is_external: bool


@transaction.atomic
def lay(roles: Sequence[RoleText], content: Content, *, at: datetime) -> PolicyVersion:
    """Lay the ground that every installation stands on; running it again changes nothing.

    It runs before there is any policy to ask, from the shell of the machine only. The
    version returned is in force, or a draft if the board has its own policy by now.
    """
    for role in roles:
        Role.objects.update_or_create(
            slug=role.slug,
            defaults={"name": role.name, "purpose": role.purpose, "is_external": role.is_external},
        )
    root, _ = Site.objects.get_or_create(
        parent=None,
        kind="enterprise",
        defaults={
            "slug": "enterprise",
            "name": "Enterprise",
            "path": "enterprise",
            "created_at": at,
        },
    )
    for slug, name in SERVICE_ROLES.items():
        user = people.service_actor(slug, name, at=at)
        Membership.objects.get_or_create(
            user=user,
            role=Role.objects.get(slug=slug),
            site=root,
            defaults={"valid_from": SINCE, "granted_by": "service:operator", "reason": "baseline"},
        )
    version = policy.lay(content, by=actors.service("operator"), at=at, note="baseline")
    policy.restamp()
    return version
