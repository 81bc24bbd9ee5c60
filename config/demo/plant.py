"""The plant database: created in the same PostgreSQL, with real roles and real grants."""

from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import sql

DATABASE = "wardroom_plant"
SCRIPT = Path(__file__).with_name("plant.sql")
CONTRACTOR = "plant_contractor"
ROLES = ("plant_mes_app", "plant_wms_app", "plant_quality", "plant_reports", CONTRACTOR)

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


def dsn(database: str) -> str:
    """Return how the application itself would reach ``database`` on Wardroom's server.

    A socket directory is left out, since the launcher makes a new one at each start and
    names it in ``PGHOST``.
    """
    found = settings.DATABASES["default"]
    user, password = str(found.get("USER") or ""), str(found.get("PASSWORD") or "")
    options: dict[str, object] = found.get("OPTIONS") or {}  # type: ignore[assignment]
    host = str(found.get("HOST") or options.get("host") or "")
    login = quote(user) + (f":{quote(password)}" if password else "") + ("@" if user else "")
    if host.startswith("/"):
        own = "" if settings.EMBEDDED else "?" + urlencode({"host": host})
        return f"postgresql://{login}/{database}{own}"
    port = f":{found['PORT']}" if found.get("PORT") else ""
    return f"postgresql://{login}{host}{port}/{database}"


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


def create() -> None:
    """Create the database with its tables, roles and approved grants, anew if it is there."""
    drop()
    with _owner(own_database()) as server:
        for role in ROLES:
            server.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    with _owner(DATABASE) as plant:
        plant.execute(SCRIPT.read_bytes())
        for statement in GRANTS:
            plant.execute(statement.encode())


def add_unapproved_grant() -> None:
    """Let the contractor read operators' personal data, which nobody approved."""
    with _owner(DATABASE) as plant:
        for statement in UNAPPROVED:
            plant.execute(statement.encode())


def drop() -> None:
    """Remove the database and its roles."""
    with _owner(own_database()) as server:
        server.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(DATABASE))
        )
        for role in ROLES:
            server.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
