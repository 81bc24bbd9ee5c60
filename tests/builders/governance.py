"""People, sites and systems for tests."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.db import transaction

from governance import box
from governance.actions.policy import restamp
from governance.models import AccessRequest, GovernedSystem, Membership, Role, Site, User

NOW = datetime(2026, 11, 17, 9, 45, tzinfo=UTC)
_DIGITS = "bcdfghjklm"
_numbers = count(1)


def a_name() -> str:
    """Return a name that was not there before; no test takes letters for a figure it looks for."""
    return "".join(_DIGITS[int(digit)] for digit in str(next(_numbers)))


def the_enterprise() -> Site:
    return Site.objects.get(parent=None)


@transaction.atomic
def a_site(**over: Any) -> Site:
    slug = over.pop("slug", f"plant-{a_name()}")
    parent = over.pop("parent", None) or the_enterprise()
    fields = {
        "slug": slug,
        "name": slug.title(),
        "kind": "site",
        "parent": parent,
        "path": f"{parent.path}/{slug}",
        "time_zone": "UTC",
        "created_at": NOW,
    }
    site = Site.objects.create(**{**fields, **over})
    restamp()
    return site


@transaction.atomic
def a_user(**over: Any) -> User:
    name = a_name()
    fields = {
        "email": f"person-{name}@example.org",
        "name": f"Person {name.title()}",
        "is_staff": not over.get("party"),
        "created_at": NOW,
        "password": "!",
    }
    return User.objects.create(**{**fields, **over})


@transaction.atomic
def holds(user: User, role: str, *, site: Site | None = None, **over: Any) -> Membership:
    """Let ``user`` hold ``role`` at ``site``, at the enterprise unless said otherwise."""
    fields: dict[str, Any] = {
        "user": user,
        "role": Role.objects.get(slug=role),
        "site": None if over.get("party") else site or the_enterprise(),
        "valid_from": NOW,
        "granted_by": "service:operator",
        "reason": "test",
    }
    row = Membership.objects.create(**{**fields, **over})
    restamp()
    return row


def a_member(role: str, *, site: Site | None = None, **over: Any) -> User:
    """Return a new user holding ``role``."""
    user = a_user(**over)
    holds(user, role, site=site)
    return user


@transaction.atomic
def a_system(**over: Any) -> GovernedSystem:
    slug = over.pop("slug", f"system-{a_name()}")
    dsn = over.pop("dsn", "postgres://reader@localhost/nowhere")
    site = over.pop("site", None) or a_site()
    fields = {
        "slug": slug,
        "name": slug.title(),
        "site": site,
        "secret": box.seal(dsn),
        "created_at": NOW,
    }
    return GovernedSystem.objects.create(**{**fields, **over})


@transaction.atomic
def a_request(**over: Any) -> AccessRequest:
    """Return an open request, of a steward at the system's site unless said otherwise."""
    system = over.pop("system", None) or a_system()
    requester = over.pop("requester", None) or a_member("steward", site=system.site)
    fields = {
        "system": system,
        "requester": requester,
        "principal": "plant_reader",
        "entitlement": "select",
        "scope": f"mes.table_{a_name()}",
        "purpose": "scrap analysis",
        "days": 30,
        "submitted_at": NOW,
        "due_at": NOW + timedelta(hours=4),
    }
    return AccessRequest.objects.create(**{**fields, **over})
