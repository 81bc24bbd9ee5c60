"""The plant database: created in the same PostgreSQL, with real roles and real grants."""

import secrets
from pathlib import Path
from typing import LiteralString
from urllib.parse import quote, urlencode

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import sql

DATABASE = "wardroom_plant"
SCRIPT = Path(__file__).with_name("plant.sql")
CONTRACTOR = "plant_contractor"
OWNER = "plant_owner"
GUARD = "plant_wardroom"
"""Wardroom's own login in the plant: a member of the owner, or it could take nothing away."""
ROLES = ("plant_mes_app", "plant_wms_app", "plant_quality", "plant_reports", CONTRACTOR)

_KEEPERS: tuple[LiteralString, ...] = (
    f"CREATE ROLE {OWNER} NOLOGIN",
    f"GRANT {OWNER} TO CURRENT_USER",
    f"CREATE ROLE {GUARD} LOGIN PASSWORD {{}} IN ROLE {OWNER}",
)
GRANTS = (
    "GRANT USAGE ON SCHEMA mes TO plant_mes_app, plant_quality, plant_reports",
    "GRANT USAGE ON SCHEMA wms TO plant_wms_app, plant_reports",
    "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA mes TO plant_mes_app",
    "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA wms TO plant_wms_app",
    "GRANT SELECT, INSERT ON mes.measurement TO plant_quality",
    "GRANT SELECT ON mes.line_load, wms.stock TO plant_reports",
)
UNAPPROVED = (
    f"GRANT USAGE ON SCHEMA mes TO {CONTRACTOR}",
    f"GRANT SELECT ON mes.operator TO {CONTRACTOR}",
)


def dsn(database: str, login: tuple[str, str] | None = None) -> str:
    """Return how the application, or ``login`` by name and password, reaches ``database``.

    A socket directory is left out, since the launcher makes a new one at each start and
    names it in ``PGHOST``.
    """
    found = settings.DATABASES["default"]
    user, password = login or (str(found.get("USER") or ""), str(found.get("PASSWORD") or ""))
    options: dict[str, object] = found.get("OPTIONS") or {}  # type: ignore[assignment]
    host = str(found.get("HOST") or options.get("host") or "")
    named = quote(user) + (f":{quote(password)}" if password else "") + ("@" if user else "")
    if host.startswith("/"):
        own = "" if settings.EMBEDDED else "?" + urlencode({"host": host})
        return f"postgresql://{named}/{database}{own}"
    port = f":{found['PORT']}" if found.get("PORT") else ""
    return f"postgresql://{named}{host}{port}/{database}"


def _owner(database: str) -> psycopg.Connection[tuple[object, ...]]:
    """Connect to ``database`` as the owner, who may create databases and roles."""
    parameters = dict(connections["owner"].get_connection_params())
    for extra in ("context", "cursor_factory", "prepare_threshold", "server_side_binding"):
        parameters.pop(extra, None)
    parameters["dbname"] = database
    return psycopg.connect(**parameters, autocommit=True)


def own_database() -> str:
    """Return the name of Wardroom's own database."""
    return str(connections["owner"].settings_dict["NAME"])


def create() -> str:
    """Create the database with its tables, roles and approved grants, anew if it is there.

    Returns the connection string of Wardroom's login in it.
    """
    drop()
    password = secrets.token_urlsafe(24)
    with _owner(own_database()) as server:
        for statement in _KEEPERS:
            server.execute(sql.SQL(statement).format(sql.Literal(password)))
        for role in ROLES:
            server.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    with _owner(DATABASE) as plant:
        plant.execute(f"GRANT CREATE ON DATABASE {DATABASE} TO {OWNER}".encode())
        plant.execute(f"SET ROLE {OWNER}".encode())
        plant.execute(SCRIPT.read_bytes())
        for statement in GRANTS:
            plant.execute(statement.encode())
    return dsn(DATABASE, (GUARD, password))


def add_unapproved_grant() -> None:
    """Let the contractor read operators' personal data, which nobody approved."""
    with _owner(DATABASE) as plant:
        plant.execute(f"SET ROLE {OWNER}".encode())
        for statement in UNAPPROVED:
            plant.execute(statement.encode())


def drop() -> None:
    """Remove the database and its roles."""
    with _owner(own_database()) as server:
        server.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(DATABASE))
        )
        for role in (*ROLES, GUARD, OWNER):
            server.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
