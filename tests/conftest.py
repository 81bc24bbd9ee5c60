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
_TRUNCATION = """
DO $$ DECLARE t record; BEGIN
  FOR t IN SELECT tgrelid::regclass AS name, tgname FROM pg_trigger
           WHERE tgname IN ('audit_truncate', 'audit_guard_all') LOOP
    EXECUTE format('ALTER TABLE %s {} TRIGGER %I', t.name, t.tgname);
  END LOOP;
END $$
"""


def lay_baseline() -> None:
    with boundary.acting(actors.service("operator"), at=NOW):
        laying.lay(baseline.roles(), baseline.content(), at=NOW)


def _flush_as_owner(case: TransactionTestCase) -> None:
    """Truncating needs the owner; afterwards the next test finds the baseline again."""
    connection = connections["default"]
    connection.close()
    connection.settings_dict["ROLE"] = None
    with connection.cursor() as cursor:
        # No table that the audit log watches may be truncated, its own least of all.
        cursor.execute(_TRUNCATION.format("DISABLE"))
    _flush(case)
    with connection.cursor() as cursor:
        cursor.execute(_TRUNCATION.format("ENABLE ALWAYS"))
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


@pytest.fixture(autouse=True)
def builders_act(request: pytest.FixtureRequest) -> Iterator[None]:
    """Rows that a test makes beforehand are somebody's too: no change goes unrecorded."""
    wants = {"db", "transactional_db"} & set(request.fixturenames)
    if not wants and request.node.get_closest_marker("django_db") is None:
        yield
        return
    request.getfixturevalue("_django_db_helper")
    marked = request.node.get_closest_marker("django_db")
    commits = bool(marked and marked.kwargs.get("transaction")) or bool(
        {"transactional_db", "live_server"} & set(request.fixturenames)
    )
    with boundary.acting(actors.service("builder"), at=NOW):
        if commits:
            name_session("service:builder")
        yield
    if commits:
        name_session("")


def name_session(actor: str) -> None:
    """Let this thread's connection write outside transactions too; the product never may."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT set_config('app.actor', %s, false)", [actor])


@pytest.fixture
def at() -> datetime:
    return NOW


@pytest.fixture
def operator(db: None, at: datetime) -> Iterator[Actor]:
    """The service actor of the shell, acting."""
    by = actors.service("operator")
    with boundary.acting(by, at=at):
        yield by
