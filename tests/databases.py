"""Fixtures: plant databases and roles on the throwaway server, removed after each test."""

import os
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import psycopg
import pytest
from psycopg import conninfo, sql

PlantDatabase = Callable[..., str]
PlantRole = Callable[..., str]

_TOKEN = re.compile(
    r"'(?:[^']|'')*'|\"[^\"]*\"|(\$\w*\$).*?\1|--[^\n]*|/\*.*?\*/|(;)|^\\[^\n]*", re.S | re.M
)


def statements(script: str) -> Iterator[str]:
    """Yield the statements of a psql ``script``, without the commands that only psql knows."""
    start = 0
    for token in _TOKEN.finditer(script):
        if token.group().startswith("\\"):
            yield script[start : token.start()]
            start = token.end()
        elif token.group(2):
            yield script[start : token.end()]
            start = token.end()
    yield script[start:]


def load(dsn: str, script: str) -> list[str]:
    """Run ``script`` as psql would, on after a failure, and return the errors' first lines."""
    failed = []
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in statements(script):
            try:
                connection.execute(statement.encode())
            except psycopg.Error as error:
                failed.append(str(error).splitlines()[0])
    return failed


def portable(text: str, dsn: str) -> str:
    """Return a published schema as the server at ``dsn`` can run it, whatever its version."""
    with psycopg.connect(dsn) as connection:
        version = connection.info.server_version
    text = text.replace("@cdmDatabaseSchema", "public")
    text = text.replace("OWNER TO postgres", "OWNER TO CURRENT_USER")
    if version < 180000:
        text = text.replace(") VIRTUAL", ") STORED").replace("uuidv7()", "gen_random_uuid()")
        text = text.replace("public.vector(20)", "real[]")
    return text


@pytest.fixture(scope="session")
def bootstrap_dsn() -> str:
    """Address of the throwaway server, as its superuser."""
    dsn = os.environ.get("DATABASE_BOOTSTRAP_URL")
    if not dsn:
        pytest.skip("DATABASE_BOOTSTRAP_URL is missing: no throwaway PostgreSQL server")
    return dsn


@dataclass
class _Planted:
    dsn: str
    databases: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)

    def run(self, command: sql.Composed) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(command)

    def database(self, script: str = "") -> str:
        name = f"plant_{secrets.token_hex(6)}"
        self.run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        self.databases.append(name)
        dsn = conninfo.make_conninfo(self.dsn, dbname=name)
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(script.encode())
        return dsn

    def role(self, name: str, attributes: str = "LOGIN") -> str:
        unique = f"{name}_{secrets.token_hex(4)}"
        command = "CREATE ROLE {} " + attributes
        self.run(sql.SQL(command).format(sql.Identifier(unique)))
        self.roles.append(unique)
        return unique

    def remove(self) -> None:
        for name in self.databases:
            self.run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        for name in self.roles:
            self.run(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@pytest.fixture
def _planted(bootstrap_dsn: str) -> Iterator[_Planted]:
    planted = _Planted(bootstrap_dsn)
    yield planted
    planted.remove()


@pytest.fixture
def plant_database(_planted: _Planted) -> PlantDatabase:
    """``plant_database(sql)`` makes a database, runs the SQL, and returns its address."""
    return _planted.database


@pytest.fixture
def plant_role(_planted: _Planted) -> PlantRole:
    """``plant_role(name, attributes)`` makes a role and returns its unique name."""
    return _planted.role
