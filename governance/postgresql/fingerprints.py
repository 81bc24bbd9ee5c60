"""How many rows each table has, and one digest of them that no order of rows changes."""

from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Identifier

from governance.domain.backups import Contents

# The root of the tree speaks for every byte of these.
PROVEN_BY_ROOT = frozenset({"audit_event", "audit_leaf", "audit_tile"})
# The text of a row depends on these; a restored database must say the same.
_SETTINGS = (
    "SET timezone = 'UTC'",
    "SET datestyle = 'ISO, YMD'",
    "SET intervalstyle = 'iso_8601'",
    "SET extra_float_digits = 1",
    "SET bytea_output = 'hex'",
    "SET search_path = public, pg_catalog",
)
_TABLES = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY 1
"""
_DIGEST = """
SELECT count(*), encode(sha256(coalesce(string_agg(r.digest, '' ORDER BY r.digest), '')), 'hex')
FROM (SELECT sha256(convert_to(t::text, 'UTF8')) AS digest FROM {} t) r
"""
_ROLES = """
SELECT DISTINCT r.rolname FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid
WHERE d.refclassid = 'pg_authid'::regclass
  AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
UNION SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()
UNION SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'public'::regnamespace
ORDER BY 1
"""

Session = Connection[Any]


def contents(session: Session) -> dict[str, Contents]:
    """Return rows and digest of every table in the schema ``public``.

    Tables that the root of the log speaks for are only counted.
    """
    for setting in _SETTINGS:
        session.execute(setting.encode())
    found = {}
    for (name,) in session.execute(_TABLES).fetchall():
        table = Identifier("public", name)
        if name in PROVEN_BY_ROOT:
            row = session.execute(SQL("SELECT count(*) FROM {}").format(table)).fetchone()
            found[name] = Contents(row[0] if row else 0)
        else:
            row = session.execute(SQL(_DIGEST).format(table)).fetchone()
            assert row is not None
            found[name] = Contents(row[0], row[1])
    return found


def roles(session: Session) -> tuple[str, ...]:
    """Return the identities that own something in the database, or may do something in it."""
    return tuple(row[0] for row in session.execute(_ROLES).fetchall())
