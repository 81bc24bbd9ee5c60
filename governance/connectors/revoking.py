"""Taking grants away in a PostgreSQL: the SQL as text, and its execution as one transaction."""

import re
from collections.abc import Sequence

import psycopg

from governance.connectors import session
from governance.connectors.errors import ConnectorFailed
from governance.connectors.postgresql import CLUSTER, PUBLIC
from governance.domain import fqn
from governance.domain.drift import GrantKey

_ATTRIBUTES = frozenset({"superuser", "createrole", "createdb", "replication", "bypassrls"})
_ALLOWED = ("REVOKE ", "ALTER ROLE ")
NOTE = "-- "
_NOT_REVOKED = "01006"
_GIVEN_BACK = re.compile(r'^GRANT ([A-Z ]+) \(".+"\) ON (".+") TO (.+);$')


def statement(key: GrantKey) -> str:
    """Return the statement that takes the grant ``key`` away, ending in a semicolon.

    On a table, PostgreSQL takes the same privilege on its columns with it.

    Raises:
        ValueError: no single statement does: an owner needs a successor, and only people know whom.
    """
    principal = _named(key)
    if key.entitlement == "owner":
        raise ValueError("an owner needs a successor")
    if key.scope == CLUSTER and key.entitlement in _ATTRIBUTES:
        return f"ALTER ROLE {principal} NO{key.entitlement.upper()};"
    kind, _, name = key.scope.partition(":")
    if kind == "role" and key.entitlement in ("member", "admin"):
        option = "ADMIN OPTION FOR " if key.entitlement == "admin" else ""
        return f"REVOKE {option}{_quoted(name)} FROM {principal};"
    if not key.entitlement.replace(" ", "").isalpha():
        raise ValueError(f"no privilege is called {key.entitlement!r}")
    privilege = key.entitlement.upper()
    if kind in ("database", "schema") and name:
        return f"REVOKE {privilege} ON {kind.upper()} {_quoted(name)} FROM {principal};"
    parts = fqn.split(key.scope)
    table = ".".join(_quoted(part) for part in parts[:2])
    match parts:
        case (_, _):
            return f"REVOKE {privilege} ON {table} FROM {principal};"
        case (_, _, column):
            return f"REVOKE {privilege} ({_quoted(column)}) ON {table} FROM {principal};"
    raise ValueError(f"nothing is called {key.scope!r}")


def given_back(key: GrantKey) -> str:
    """Return the statement that grants the column privilege ``key`` again.

    Raises:
        ValueError: ``key`` is about no column.
    """
    parts = fqn.split(key.scope)
    if len(parts) != 3 or not key.entitlement.isalpha():
        raise ValueError(f"{key.scope!r} is no column")
    table = ".".join(_quoted(part) for part in parts[:2])
    return f"GRANT {key.entitlement.upper()} ({_quoted(parts[2])}) ON {table} TO {_named(key)};"


def apply(dsn: str, statements: Sequence[str]) -> None:
    """Run ``statements`` at ``dsn``: all of them, or none.

    Raises:
        ConnectorFailed: the server refused or was not reached; nothing has changed.
        ValueError: a statement does something else than take rights away, or give back on a
            column what another takes on its table.
    """
    todo = [one for one in statements if not one.startswith(NOTE)]
    for one in todo:
        if not (one.startswith(_ALLOWED) or _gives_back(one, statements)):
            raise ValueError("a revocation only takes rights away")
    role = ""
    told: list[str | None] = []
    try:
        with session.writing(dsn) as connection:
            role = connection.info.user
            connection.add_notice_handler(lambda notice: told.append(notice.sqlstate))
            for one in todo:
                connection.execute(one.encode())
                # The server only warns where a role may take nothing of it away.
                if _NOT_REVOKED in told:
                    raise session.SessionFailed("forbidden", "nothing was taken away by it")
    except session.SessionFailed as error:
        advice = _lacking(role) if error.code == "forbidden" else ""
        raise ConnectorFailed(error.code, error.detail + advice) from None


def _lacking(role: str) -> str:
    """Return what the connection's role lacks to take a grant away, and where it is set."""
    return (
        f". Plans are run over the system's own connection, as the role {role}: it must be a"
        " member of the role that owns the table, schema or role named there"
        f" (GRANT owner TO {_quoted(role)}), or another role must be set in the connection"
        " string, by manage.py register_system"
    )


def _gives_back(statement: str, others: Sequence[str]) -> bool:
    taken = _GIVEN_BACK.sub(r"REVOKE \1 ON \2 FROM \3;", statement)
    return taken != statement and taken in others


def _named(key: GrantKey) -> str:
    """Return the name of a role; one that is called PUBLIC is spelled in quotes as a principal."""
    if key.principal == PUBLIC:
        return PUBLIC
    return _quoted(PUBLIC if key.principal == fqn.quoted(PUBLIC) else key.principal)


def _quoted(name: str) -> str:
    if not name or not name.isprintable():
        raise ValueError("a name is empty, or holds control characters")
    return psycopg.sql.Identifier(name).as_string(None)
