"""The three identities of the embedded server, and its database."""

import psycopg
from psycopg import sql

SUPERUSER = "wardroom_bootstrap"
OWNER = "wardroom_owner"
APPLICATION = "wardroom_app"
PORTAL = "wardroom_portal"
SEQUENCER = "wardroom_sequencer"
ERASER = "wardroom_eraser"
DATABASE = "wardroom"

_ROLES = (
    # Runs migrations and owns every table; makes test databases and the demonstration's roles.
    (OWNER, "LOGIN CREATEDB CREATEROLE NOSUPERUSER NOBYPASSRLS"),
    # Web, workers and tests: owns nothing, so row-level security and privileges bind it.
    (APPLICATION, "LOGIN NOCREATEDB NOCREATEROLE NOSUPERUSER NOBYPASSRLS"),
    # Taken on by the application for one request of a partner.
    (PORTAL, "NOLOGIN NOCREATEDB NOCREATEROLE NOSUPERUSER NOBYPASSRLS"),
    # Adds to the tree of the audit log; blanks bodies of its events.
    (SEQUENCER, "NOLOGIN NOCREATEDB NOCREATEROLE NOSUPERUSER NOBYPASSRLS"),
    (ERASER, "NOLOGIN NOCREATEDB NOCREATEROLE NOSUPERUSER NOBYPASSRLS"),
)


def ensure(sockets: str) -> None:
    """Create the roles and the database on the server behind ``sockets`` where absent.

    The bootstrap superuser does this and nothing else: a superuser would pass
    row-level security and privileges unseen.
    """
    with psycopg.connect(
        host=sockets, user=SUPERUSER, dbname="postgres", autocommit=True
    ) as connection:
        known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        if OWNER not in known:
            _create_roles(connection)
        if not connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
        ).fetchone():
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(DATABASE), sql.Identifier(OWNER)
                )
            )


def _create_roles(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    # One transaction: a kill in the middle leaves no half set of roles.
    with connection.transaction():
        for name, attributes in _ROLES:
            connection.execute(sql.SQL("CREATE ROLE {} " + attributes).format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("GRANT {} TO {}").format(sql.Identifier(PORTAL), sql.Identifier(APPLICATION))
        )
        # The owner may become each of them (tests do), and pass membership on.
        connection.execute(
            sql.SQL("GRANT {}, {}, {}, {} TO {} WITH ADMIN OPTION").format(
                *map(sql.Identifier, (APPLICATION, PORTAL, SEQUENCER, ERASER, OWNER))
            )
        )
