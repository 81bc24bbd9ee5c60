"""What the frame of every own page shows."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from config.signin import has_second_factor, needs_second_factor
from governance import access
from governance.board import when, who
from governance.models import AccessRequest, PolicyHead, User
from governance.permissions import Act

ALL_REQUESTS, OWN_REQUESTS = "admin:governance_accessrequest_changelist", "own_requests"
STAFF = (
    ("Overview", "overview"),
    ("Incidents", "incidents:list"),
    ("Findings", "partners:findings"),
    ("Catalog", "catalog:list"),
    ("Zones", "catalog:zones"),
    ("Requests", ALL_REQUESTS),
    ("Board", "admin:index"),
)
PARTNER = (
    ("Home", "portal:home"),
    ("Findings", "portal:findings"),
    ("VEX", "portal:vex"),
    ("Incidents", "portal_incidents:list"),
    ("Automation", "portal:automation"),
)


@dataclass(frozen=True)
class Entry:
    """A line of the main navigation."""

    label: str
    url: str
    is_current: bool


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return what header and footer show.

    Nothing here asks the database before a template uses it: the page that says
    "the database does not answer" has the same frame.
    """
    actor = getattr(request, "actor", None)
    is_signed_in = actor is not None and actor.ref.startswith("user:")
    return {
        "version": settings.VERSION,
        "actor": actor,
        "is_signed_in": is_signed_in,
        "may_enter": partial(_may_enter, request) if is_signed_in else False,
        "navigation": partial(navigation, request) if is_signed_in else (),
        "search_address": partial(search_address, request) if is_signed_in else "",
        "policy_version": _policy_version,
    }


def navigation(request: HttpRequest) -> tuple[Entry, ...]:
    """Return the entries whose pages exist; none before the second factor is proven."""
    if not _may_enter(request):
        return ()
    user = request.user
    known: tuple[tuple[str, str], ...] = (
        PARTNER if isinstance(user, User) and user.is_external else STAFF
    )
    if known is STAFF and not may_list_requests(request):
        own = {ALL_REQUESTS: OWN_REQUESTS}
        known = tuple((label, own.get(name, name)) for label, name in known)
    entries = [
        (label, url)
        for label, name in known
        if (url := address_of(name)) is not None
        and (user.is_staff or not name.startswith("admin:"))
    ]
    # Zones lie below the catalog: the nearest entry is the current one, and no other.
    above = [url for _, url in entries if _is_below(request.path, url)]
    nearest = max(above, key=len, default="")
    return tuple(Entry(label, url, url == nearest) for label, url in entries)


def may_list_requests(request: HttpRequest) -> bool:
    """Say whether the list of everybody's requests opens for this person, or their own only."""
    user = request.user
    return (
        isinstance(user, User)
        and user.is_staff
        and access.allows_somewhere(
            who(request), Act.REQUEST_READ, AccessRequest.resource_type(), at=when(request)
        )
    )


def search_address(request: HttpRequest) -> str:
    """Return where our own people search; a partner has no search over everything."""
    user = request.user
    if not _may_enter(request) or (isinstance(user, User) and user.is_external):
        return ""
    url = address_of("catalog:list")
    return f"{url}#q" if url else ""


def address_of(name: str) -> str | None:
    """Return the address of the page ``name``, or None while there is none."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return None


def _is_below(path: str, url: str) -> bool:
    return path == url if url == "/" else path.startswith(url)


def _may_enter(request: HttpRequest) -> bool:
    user = request.user
    if not isinstance(user, User):
        return False
    return not needs_second_factor(user) or has_second_factor(request, user)


def _policy_version() -> int | None:
    return PolicyHead.objects.values_list("version__number", flat=True).first()
