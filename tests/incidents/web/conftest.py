"""Signed-in browsers without a script."""

from collections.abc import Callable

import pytest
from django.test import Client

from governance.models import Site, User
from tests.builders.governance import a_user, holds
from tests.builders.incidents import NOW
from tests.builders.signin import proven

Browser = tuple[Client, User]


@pytest.fixture
def sign_in(db: None) -> Callable[..., Browser]:
    """Return a way to sign somebody in with a role and a proven second factor."""

    def sign_in(role: str = "incident_commander", site: Site | None = None, **over: str) -> Browser:
        user = a_user(**over)
        holds(user, role, site=site, valid_from=NOW.replace(year=2020))
        return proven(user), user

    return enter
