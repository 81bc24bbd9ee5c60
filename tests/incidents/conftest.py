"""Fixtures of the incidents app."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from governance import boundary
from governance.domain.actor import Actor
from tests.builders.incidents import a_responder


@pytest.fixture
def commander(db: None, at: datetime) -> Iterator[Actor]:
    """An incident commander of the enterprise, acting."""
    by = a_responder()
    with boundary.acting(by, at=at):
        yield by
