"""Databases as the product uses them: created by the owner, used by the application role."""

from collections.abc import Iterator
from datetime import UTC, datetime

import hypothesis
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

# Examples are judged by what they show: how long one takes depends on who else is on the machine.
hypothesis.settings.register_profile("wardroom", deadline=None)
hypothesis.settings.load_profile("wardroom")
NOW = datetime(2026, 11, 17, 9, 45, tzinfo=UTC)
_flush = TransactionTestCase._fixture_teardown
# What a migration or Django itself lays, and every test finds the same.
_KEPT = ("django_migrations", "django_content_type", "auth_permission")
# Tables with rows alone, their own triggers off meanwhile: most tests fill a fifth of the tables,
# and a TRUNCATE of all of them, with the permissions made anew, takes ten times as long.
_EMPTYING = """
DO $$
DECLARE
  filled regclass[]; one record; found boolean; parts text;
BEGIN
  FOR one IN SELECT c.oid::regclass AS name FROM pg_class c
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
               AND c.relname <> ALL ('{kept}') LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', one.name) INTO found;
    IF found THEN filled := filled || one.name; END IF;
  END LOOP;
  IF filled IS NULL THEN RETURN; END IF;
  CREATE TEMPORARY TABLE off ON COMMIT DROP AS
    SELECT tgrelid::regclass AS name, tgname, tgenabled FROM pg_trigger
    WHERE tgrelid = ANY (filled) AND NOT tgisinternal AND tgenabled <> 'D';
  FOR one IN SELECT * FROM off LOOP
    EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', one.name, one.tgname);
  END LOOP;
  SET CONSTRAINTS ALL IMMEDIATE;
  SELECT string_agg(format('%I AS (DELETE FROM %s)', 'd' || n, name), ', ') INTO parts
  FROM unnest(filled) WITH ORDINALITY u(name, n);
  EXECUTE format('WITH %s SELECT 1', parts);
  FOR one IN SELECT * FROM off LOOP
    EXECUTE format('ALTER TABLE %s ENABLE %s TRIGGER %I', one.name,
                   CASE one.tgenabled WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' ELSE '' END,
                   one.tgname);
  END LOOP;
END $$
"""


def lay_baseline() -> None:
    with boundary.acting(actors.service("operator"), at=NOW):
        laying.lay(baseline.roles(), baseline.content(), at=NOW)


def _empty_as_owner(_case: TransactionTestCase) -> None:
    """No trigger goes off without the owner; afterwards the next test finds the baseline again."""
    connection = connections["default"]
    connection.close()
    connection.settings_dict["ROLE"] = None
    with connection.cursor() as cursor:
        cursor.execute(_EMPTYING.replace("{kept}", "{" + ",".join(_KEPT) + "}"))
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
    TransactionTestCase._fixture_teardown = _empty_as_owner  # type: ignore[method-assign]
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
