"""Connections that fail: one clear line, never the password."""

import socket

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import conninfo

from governance.connectors.session import SessionFailed, snapshot
from tests.databases import PlantDatabase, PlantRole

pytestmark = pytest.mark.system_services


def _failure(dsn: str) -> SessionFailed:
    with pytest.raises(SessionFailed) as caught, snapshot(dsn):
        pass
    text = str(caught.value)
    assert text
    assert "\n" not in text
    assert len(text) < 200
    return caught.value


@pytest.mark.parametrize(
    "dsn",
    [
        "",
        "   ",
        "plant database",
        "mysql://root@db/mes",
        "postgresql://[::1",
        "\x00\x01\xff",
        "host=db\nport=1",
        "password=hunter2 host",
        "postgresql://u:hun@ter2@db/mes",
        "postgresql://u:hun/ter2@db/mes",
        "postgresql://u:5/ter2@db/mes",
        "x" * 100_000_000,
    ],
    ids=lambda dsn: repr(dsn[:30]),
)
def test_what_is_no_address_is_refused_without_quoting_it(dsn: str) -> None:
    error = _failure(dsn)
    assert error.code == "invalid_dsn"
    assert "ter2" not in str(error)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=5, max_size=20))
def test_no_spelling_of_a_password_shows(password: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    secret = f"#{password}"
    for dsn in (
        conninfo.make_conninfo(host="127.0.0.1", port=port, user="u", password=secret),
        f"postgresql://u:{secret}@127.0.0.1:{port}/mes",
        f"host=127.0.0.1 port={port} password={secret}",
    ):
        assert secret not in str(_failure(dsn))


def test_nothing_listening_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        error = _failure(f"postgresql://u:hunter2@127.0.0.1:{port}/mes")
    assert error.code == "unreachable"
    assert f"127.0.0.1:{port}" in str(error)


def test_a_host_without_a_name_is_unknown() -> None:
    assert _failure("postgresql://u:hunter2@no-such-host.invalid/mes").code == "unknown_host"


def test_a_missing_database_is_named_as_such(bootstrap_dsn: str) -> None:
    assert _failure(conninfo.make_conninfo(bootstrap_dsn, dbname="no_mes")).code == "no_database"


def test_a_wrong_password_is_said_and_not_shown(
    plant_database: PlantDatabase, plant_role: PlantRole
) -> None:
    role = plant_role("reader", "LOGIN PASSWORD 'correct-horse'")
    dsn = conninfo.make_conninfo(plant_database(), user=role, password="battery-staple")
    try:
        psycopg.connect(dsn).close()
    except psycopg.OperationalError:
        error = _failure(dsn)
        assert error.code == "wrong_password"
        assert "battery" not in str(error)
    else:
        pytest.skip("this server trusts its clients and asks for no password")


def test_the_session_sees_one_instant(plant_database: PlantDatabase) -> None:
    dsn = plant_database()
    tables = "SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = 'public'"
    with snapshot(dsn) as connection:
        with psycopg.connect(dsn, autocommit=True) as other:
            other.execute("CREATE TABLE public.later (x int)")
        assert connection.execute(tables).fetchone() == (0,)


def test_the_session_can_write_nothing(plant_database: PlantDatabase) -> None:
    dsn = plant_database("CREATE TABLE public.t (x int)")
    with pytest.raises(SessionFailed) as caught, snapshot(dsn) as connection:
        connection.execute("INSERT INTO public.t VALUES (1)")
    assert caught.value.code == "failed"
    assert "read-only" in str(caught.value)


def test_a_denied_catalog_is_forbidden(
    plant_database: PlantDatabase, plant_role: PlantRole
) -> None:
    role = plant_role("reader")
    dsn = plant_database("REVOKE SELECT ON pg_catalog.pg_class FROM PUBLIC")
    limited = conninfo.make_conninfo(dsn, options=f"-c role={role}")
    with pytest.raises(SessionFailed) as caught, snapshot(limited) as connection:
        connection.execute("SELECT relname FROM pg_catalog.pg_class")
    assert caught.value.code == "forbidden"
