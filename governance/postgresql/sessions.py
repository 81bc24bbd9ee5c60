"""Sessions of their own beside Django's: for work that needs another identity or snapshot."""

from django.db import connections
from psycopg import Connection, connect
from psycopg.types.string import TextLoader

from governance.postgresql.base import DatabaseWrapper

SEQUENCER = "wardroom_sequencer"
ERASER = "wardroom_eraser"


def open_session(alias: str, *, role: str | None = None) -> "Connection[tuple[object, ...]]":
    """Connect as the settings of ``alias`` say, in the time zone UTC, and take on ``role``.

    ``""`` takes on none at all. Transactions are the caller's. The caller closes it.
    """
    wrapper = connections[alias]
    assert isinstance(wrapper, DatabaseWrapper)
    wanted = wrapper.get_connection_params()
    known = {
        key: wanted[key]
        for key in ("host", "port", "user", "password", "dbname", "service", "passfile", "sslmode")
        if wanted.get(key)
    }
    session = connect(**known, autocommit=True, options="-c timezone=UTC")
    session.adapters.register_loader("jsonb", TextLoader)
    role = wrapper.settings_dict.get("ROLE") if role is None else role
    if role:
        session.execute("SELECT set_config('role', %s, false)", [role])
    return session
