"""Fixtures of the incidents app."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from governance import boundary
from governance.domain.actor import Actor
from governance.models import Site, User
from tests.builders.governance import a_user, holds
from tests.builders.incidents import NOW, a_responder
from tests.builders.signin import proven

Browser = tuple[Client, User]


@pytest.fixture
def commander(db: None, at: datetime) -> Iterator[Actor]:
    """An incident commander of the enterprise, acting."""
    by = a_responder()
    with boundary.acting(by, at=at):
        yield by


@pytest.fixture
def sign_in(db: None) -> Callable[..., Browser]:
    """Return a way to sign somebody in with a role and a proven second factor."""

    def enter(role: str = "incident_commander", site: Site | None = None, **over: str) -> Browser:
        user = a_user(**over)
        holds(user, role, site=site, valid_from=NOW.replace(year=2020))
        return proven(user), user

    return enter


@pytest.fixture(autouse=True)
def own_shelf(settings: Any, tmp_path: Path) -> None:
    """Evidence of a test lies in the test's own folder."""
    settings.EVIDENCE_DIR = tmp_path / "evidence"
