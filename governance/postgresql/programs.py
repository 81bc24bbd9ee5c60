"""PostgreSQL's own programs: finding a ``pg_dump`` that fits the server, and running them."""

import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from psycopg import Connection

from governance import registries
from governance.errors import Unavailable

LOCK_WAIT = "60s"
# Both ends are ours, so what every version can read is not needed; level 1 is the fast one.
_DUMP = ("--format=custom", "--compress=1", "--no-password", f"--lock-wait-timeout={LOCK_WAIT}")
_RESTORE = ("--exit-on-error", "--no-password")
MAGIC = b"PGDMP"


class Failed(Exception):
    """A program ended with an error; the text is its own first line about it."""


def dumper(server_version: int, places: Iterable[Path] | None = None) -> Path:
    """Return a ``pg_dump`` at least as new as the server (``server_version_num``).

    Raises:
        Unavailable: there is none; says where one was looked for.
    """
    if places is None:
        source = registries.servers.get("postgresql")
        places = source.places() if source else ()
    wanted = server_version // 10000
    seen = []
    for place in dict.fromkeys(places):
        program = place / "pg_dump"
        major = _major(program)
        if major is not None and major >= wanted:
            return program
        seen.append(f"{place} ({'none' if major is None else major})")
    raise Unavailable(
        f"no pg_dump of version {wanted} or newer; looked at {', '.join(seen) or 'no place'}."
        " Set PG_BIN to the folder that holds one"
    )


def dump(session: "Connection[Any]", program: Path, file: Path, *, snapshot: str) -> None:
    """Write the database of ``session`` to ``file`` as that exported snapshot sees it.

    Raises:
        Failed: it could not be written whole.
    """
    words = [program, *_DUMP, f"--snapshot={snapshot}", f"--file={file}"]
    _run(words, environment(session))


def restore(session: "Connection[Any]", program: Path, file: Path, *, jobs: int = 2) -> None:
    """Load ``file`` into the empty database of ``session``.

    Raises:
        Failed: something of it could not be loaded.
    """
    known = environment(session)
    known["PGOPTIONS"] = "-c maintenance_work_mem=256MB -c synchronous_commit=off"
    database = session.info.dbname
    _run([program, *_RESTORE, f"--jobs={jobs}", f"--dbname={database}", file], known)


def environment(session: "Connection[Any]") -> dict[str, str]:
    """Return how libpq reaches the database of ``session``, secrets included, as variables."""
    found = {
        one.envvar.decode(): one.val.decode()
        for one in session.pgconn.info
        if one.envvar and one.val
    }
    return {**found, "LC_ALL": "C"}


def _run(words: list[Any], known: Mapping[str, str]) -> None:
    try:
        done = subprocess.run(words, env=known, capture_output=True, check=False)
    except OSError as error:
        raise Failed(f"{words[0]}: {error.strerror}") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").splitlines()
        faults = [line for line in said if "error:" in line] or said or ["no word why"]
        raise Failed(re.sub(r"^pg_\w+: (error: )?", "", faults[0])[:300])


def _major(program: Path) -> int | None:
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=20, check=False
        )
    except OSError:
        return None
    match = re.search(r"\) (\d+)", answer.stdout)
    return int(match[1]) if match else None
