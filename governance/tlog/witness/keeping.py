"""The two files of a witness: its key, and what it has seen. Each is useless without the other."""

import sqlite3
from contextlib import closing
from pathlib import Path

from governance.tlog import keys
from governance.tlog.notes import WitnessKey


class Unusable(Exception):
    """The files do not make a witness; says why."""


def keep(store: Path, key: Path, *, name: str) -> WitnessKey:
    """Return the key of the witness ``name``; on first use both files are made.

    Raises:
        Unusable: a file cannot be read or made; or the key is there but its store is not:
            what it signed would be forgotten, and another story could be told to it anew.
    """
    if key.exists() and not store.exists():
        raise Unusable(
            f"{key} has signed before, but {store}, which says what, is missing:"
            " bring it back, or begin with a new key"
        )
    try:
        for place in (store, key):
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The store first: a start that is cut short leaves no key without one.
        with closing(sqlite3.connect(store)) as connection:
            connection.execute("PRAGMA user_version = 1")
        return keys.witness(key, name=name)
    except (OSError, ValueError, sqlite3.Error) as error:
        raise Unusable(str(error)) from error
