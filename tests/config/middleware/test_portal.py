"""To partner contacts nothing of ours exists."""

import pytest
from django.urls import get_resolver

from config.middleware.portal import PARTNER_PLACES
from tests.builders.governance import a_user, holds
from tests.builders.signin import proven

pytestmark = pytest.mark.django_db


def our_addresses() -> list[str]:
    """One plain address for each top-level part of the site that is not the partners'."""
    found = set()
    for pattern in get_resolver().url_patterns:
        route = str(pattern.pattern).lstrip("^")
        if route and "<" not in route and "(" not in route:
            found.add(f"/{route}")
    open_to_all = ("/livez", "/readyz", "/metrics", "/.well-known/", *PARTNER_PLACES)
    return sorted(path for path in found if not path.startswith(open_to_all))


def test_there_is_something_to_hide() -> None:
    assert {"/admin/", "/catalog/", "/incidents/", "/api/v1/assets/"} <= set(our_addresses())


@pytest.mark.parametrize(
    "path", [*our_addresses(), "/findings/", "/partners/", "/api/v1/findings/"]
)
def test_a_partner_contact_finds_nothing_of_ours(path: str) -> None:
    user = a_user(party="partners.partner:00000000-0000-0000-0000-000000000001")
    holds(user, "partner_contact", party=user.party)
    client = proven(user)
    answer = client.get(path)
    is_api = path.startswith(("/api/", "/access/"))
    absent = client.get("/api/absent" if is_api else "/absent")
    assert answer.status_code == absent.status_code == 404
    assert answer["Content-Type"] == absent["Content-Type"]
