"""What differs in the database from the triggers, functions and walls of this release.

Compared is what the database itself says of them, not the marks that ``triggers.install``
leaves: whoever replaces a trigger can copy its mark.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from governance.postgresql import row_functions, walls
from governance.postgresql.triggers import (
    LOG_TABLES,
    SOURCE,
    Cursor,
    columns,
    governed,
    wanted,
)

_TRIGGERS = """
SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid, true), t.tgenabled
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace
"""
_FUNCTIONS = """
SELECT p.pronamespace::regnamespace::text, p.proname, p.prosrc, p.prosecdef, l.lanname,
       coalesce(p.proconfig, '{}')
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE starts_with(p.proname, 'audit_')
"""
# Rules rewrite statements before any trigger sees them; policies hide rows from the reader.
_BENT = """
SELECT c.relname, 'rule ' || r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT relname, 'row-level security' FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relrowsecurity
"""
_FUNCTION = re.compile(r"CREATE OR REPLACE FUNCTION (\w+)\((.*?)AS\s*\$\$(.*?)\$\$", re.DOTALL)
_SETTING = re.compile(r"SET (\w+) = ((?:'[^']*'|\w+)(?:, \w+)*)")


@dataclass(frozen=True, slots=True)
class Function:
    """What makes up a function besides its name."""

    body: str
    is_definer: bool
    language: str
    settings: frozenset[str]


def faults(cursor: Cursor) -> list[str]:
    """Return in words what differs from the triggers and functions that should be there."""
    return [*_triggers(cursor), *_bent(cursor), *_functions(cursor), *walls.faults(cursor)]


def _triggers(cursor: Cursor) -> list[str]:
    cursor.execute(_TRIGGERS)
    actual = {(table, name): (text, state) for table, name, text, state in cursor.fetchall()}
    expected, found = wanted(), []
    for (table, name), text in expected.items():
        if (table, name) not in actual:
            found.append(f"trigger {name} is missing on {table}")
            continue
        said, state = actual[table, name]
        if state != "A":
            found.append(f"trigger {name} on {table} is not always on")
        if said.replace('"', "") != f"CREATE TRIGGER {name} {text}".replace('"', ""):
            found.append(f"trigger {name} on {table} is another than this release's")
    tables = _tables()
    for table, name in actual.keys() - expected.keys():
        if table in tables:
            found.append(f"trigger {name} on {table} is none of this release's")
    return found


def _bent(cursor: Cursor) -> list[str]:
    cursor.execute(_BENT)
    tables = _tables() - {wall.table for wall in walls.walls()}
    return [
        f"{what} on {table} is none of this release's"
        for table, what in cursor.fetchall()
        if table in tables
    ]


def _functions(cursor: Cursor) -> list[str]:
    cursor.execute(_FUNCTIONS)
    actual: dict[str, list[Function]] = {}
    found = []
    for schema, name, body, is_definer, language, settings in cursor.fetchall():
        if schema != "public":
            found.append(f"function {schema}.{name} stands before this release's")
            continue
        known = frozenset(re.sub(r"[\s\"']", "", one).lower() for one in settings)
        function = Function(body.strip(), is_definer, language, known)
        actual.setdefault(name, []).append(function)
    for name, allowed in _expected(cursor).items():
        if name not in actual:
            found.append(f"function {name} is missing")
        elif len(actual[name]) > 1 or actual[name][0] not in allowed:
            found.append(f"function {name} is another than this release's")
    return found


def _expected(cursor: Cursor) -> dict[str, list[Function]]:
    """Return what each function may be: while migrations run, columns are looked up."""
    expected = {name: [function] for name, function in _parsed(SOURCE.read_text())}
    known = columns(cursor)
    for table in governed():
        expected[row_functions.name(table.name)] = [
            function
            for named in (known.get(table.name, []), None)
            for _, function in _parsed(table.function(named))
        ]
    return expected


def _parsed(source: str) -> Iterator[tuple[str, Function]]:
    """Yield the functions that ``source`` creates, by name."""
    for name, head, body in _FUNCTION.findall(source):
        language = re.search(r"LANGUAGE (\w+)", head)
        assert language is not None
        settings = frozenset(
            f"{key}={re.sub(r'[^A-Za-z0-9_,]', '', value)}".lower()
            for key, value in _SETTING.findall(head)
        )
        is_definer = "SECURITY DEFINER" in head
        yield name, Function(body.strip(), is_definer, language[1], settings)


def _tables() -> set[str]:
    return {*LOG_TABLES, "governance_decisionlog", *(table.name for table in governed())}
