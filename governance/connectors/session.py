"""A short, read-only session on somebody else's PostgreSQL."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import IsolationLevel, conninfo, errors
from psycopg.rows import TupleRow

OLDEST_SERVER = 120000
CONNECT_SECONDS = 10
STATEMENT_SECONDS = 60
_LONGEST_DSN = 4096
_HOST = re.compile(r"[A-Za-z0-9.,:_/\[\]-]*")
_PORT = re.compile(r"[0-9,]*")

_ADVICE = (
    ("password authentication failed", "wrong_password", "the server refused the password"),
    ("no password supplied", "wrong_password", "the server wants a password"),
    ("authentication failed", "wrong_password", "the server refused the sign-in"),
    ("no pg_hba.conf entry", "not_admitted", "the server does not admit this client"),
    ("is not permitted to log in", "not_admitted", "this role may not log in"),
    ("too many", "busy", "the server has no free connection"),
    ("starting up", "busy", "the server is starting up"),
    ("shutting down", "busy", "the server is shutting down"),
    ("resolve host", "unknown_host", "there is no such host"),
    ("could not translate host name", "unknown_host", "there is no such host"),
    ("SSL", "tls", "no agreement on an encrypted connection"),
    ("certificate", "tls", "no agreement on an encrypted connection"),
    ("timeout", "unreachable", "no answer in time"),
    ("Connection refused", "unreachable", "nothing listens there"),
    ("No such file", "unreachable", "nothing listens there"),
)


class SessionFailed(Exception):
    """A server could not be read; the text is one line and holds no password.

    ``code`` is one of ``invalid_dsn``, ``unreachable``, ``unknown_host``, ``tls``,
    ``wrong_password``, ``not_admitted``, ``no_database``, ``busy``, ``unsupported_server``,
    ``forbidden``, ``timeout``, ``interrupted``, ``failed``.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@contextmanager
def snapshot(
    dsn: str, *, statement_seconds: int = STATEMENT_SECONDS
) -> Iterator[psycopg.Connection[TupleRow]]:
    """Yield a connection inside one repeatable-read, read-only transaction.

    ``search_path`` is empty, so that the server qualifies every name it prints; each statement
    ends after ``statement_seconds`` and waits for locks at most five seconds.

    Raises:
        SessionFailed: the server could not be reached, or broke off, or refused to be read.
    """
    place, parameters = _parsed(dsn)
    with _opened(place, parameters) as connection:
        if connection.info.server_version < OLDEST_SERVER:
            raise SessionFailed("unsupported_server", f"{place}: PostgreSQL 12 or later is needed")
        try:
            connection.isolation_level = IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            # Text, because the driver would leave some encodings as bytes.
            connection.execute("SET client_encoding TO 'UTF8'")
            connection.execute(
                "SELECT set_config('search_path', '', true),"
                " set_config('statement_timeout', %s, true),"
                " set_config('lock_timeout', '5s', true)",
                [f"{statement_seconds}s"],
            )
            yield connection
        except psycopg.Error as error:
            raise _failure(place, error) from None


@contextmanager
def writing(dsn: str) -> Iterator[psycopg.Connection[TupleRow]]:
    """Yield a connection inside one transaction that is committed at the end, unless it fails.

    Raises:
        SessionFailed: the server could not be reached, or broke off, or refused a statement.
    """
    place, parameters = _parsed(dsn)
    with _opened(place, parameters) as connection:
        try:
            connection.execute(
                "SELECT set_config('search_path', '', true),"
                " set_config('statement_timeout', %s, true),"
                " set_config('lock_timeout', '5s', true)",
                [f"{STATEMENT_SECONDS}s"],
            )
            yield connection
            connection.commit()
        except psycopg.Error as error:
            raise _failure(place, error) from None


def _parsed(dsn: str) -> tuple[str, dict[str, str]]:
    """Return how to speak of the server, and the connection's parameters."""
    unreadable = SessionFailed(
        "invalid_dsn", "not a PostgreSQL connection string (postgresql://user@host:port/database)"
    )
    if not dsn.strip() or len(dsn) > _LONGEST_DSN or not dsn.isprintable():
        raise unreadable
    try:
        # psycopg's message may quote a piece of the password; it must not travel on.
        parsed = conninfo.conninfo_to_dict(dsn)
    except (psycopg.Error, UnicodeError):
        raise unreadable from None
    parameters = {name: str(value) for name, value in parsed.items() if value is not None}
    host, port = parameters.get("host", ""), parameters.get("port", "")
    database = parameters.get("dbname", "")
    # A raw @ or / in the password moves the rest of it into one of these three.
    if not _HOST.fullmatch(host) or not _PORT.fullmatch(port) or "@" in database:
        raise SessionFailed(
            "invalid_dsn",
            "host, port or database is malformed (write @ as %40 and / as %2F in the password)",
        )
    place = f"{host or 'local socket'}:{port or 5432}"
    password = parameters.get("password")
    if password and password in place:
        place = "the server"
    return place, parameters


@contextmanager
def _opened(place: str, parameters: dict[str, str]) -> Iterator[psycopg.Connection[TupleRow]]:
    settings: dict[str, str] = {
        "connect_timeout": str(CONNECT_SECONDS),
        "application_name": "wardroom",
        **parameters,
    }
    try:
        connection = psycopg.connect(conninfo.make_conninfo("", **settings))
    except errors.InvalidCatalogName:
        raise SessionFailed("no_database", f"{place}: there is no such database") from None
    except psycopg.Error as error:
        raise _refusal(place, str(error)) from None
    try:
        yield connection
    finally:
        # No commit: nothing was written, and the block may leave by an exception.
        connection.close()


def _refusal(place: str, message: str) -> SessionFailed:
    if "database" in message and "does not exist" in message:
        return SessionFailed("no_database", f"{place}: there is no such database")
    for sign, code, text in _ADVICE:
        if sign in message:
            return SessionFailed(code, f"{place}: {text}")
    return SessionFailed("unreachable", f"{place}: no connection")


def _failure(place: str, error: psycopg.Error) -> SessionFailed:
    match error:
        case errors.QueryCanceled() | errors.LockNotAvailable():
            return SessionFailed("timeout", f"{place}: reading the catalog took too long")
        case errors.InsufficientPrivilege():
            reason = error.diag.message_primary or "permission denied"
            return SessionFailed("forbidden", f"{place}: {reason}")
        case errors.AdminShutdown() | errors.CrashShutdown():
            return SessionFailed("interrupted", f"{place}: the server broke off")
        case psycopg.OperationalError() if error.sqlstate is None:
            return SessionFailed("interrupted", f"{place}: the connection broke off")
    reason = error.diag.message_primary or type(error).__name__
    return SessionFailed("failed", f"{place}: {' '.join(reason.split())}")
