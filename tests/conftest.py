"""Databases as the product uses them: created by the owner, used by the application role."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.db import connections
from django.test import TransactionTestCase
from pytest_django.plugin import DjangoDbBlocker

from config import baseline
from governance import boundary
from governance.actions import baseline as laying
from governance.domain import actor as actors
from governance.domain.actor import Actor

NOW = datetime(2026, 11, 17, 9, 45, tzinfo=UTC)
_flush = TransactionTestCase._fixture_teardown


def lay_baseline() -> None:
    with boundary.acting(actors.service("operator"), at=NOW):
        laying.lay(baseline.roles(), baseline.rules(), model_conf=baseline.model_conf(), at=NOW)


def _flush_as_owner(case: TransactionTestCase) -> None:
    """Truncating needs the owner; afterwards the next test finds the baseline again."""
    connection = connections["default"]
    connection.close()
    connection.settings_dict["ROLE"] = None
    _flush(case)
    lay_baseline()
    connection.close()
    connection.settings_dict["ROLE"] = settings.APP_ROLE


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    connections["default"].settings_dict["ROLE"] = None


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    connection = connections["default"]
    with django_db_blocker.unblock():
        lay_baseline()
        connection.close()
        connection.settings_dict["ROLE"] = settings.APP_ROLE
    TransactionTestCase._fixture_teardown = _flush_as_owner  # type: ignore[method-assign]
    yield
    TransactionTestCase._fixture_teardown = _flush  # type: ignore[method-assign]
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict["ROLE"] = None


@pytest.fixture
def at() -> datetime:
    return NOW


@pytest.fixture
def operator(db: None, at: datetime) -> Iterator[Actor]:
    """The service actor of the shell, acting."""
    by = actors.service("operator")
    with boundary.acting(by, at=at):
        yield by
