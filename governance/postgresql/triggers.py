"""Which tables the database watches for the audit log, and the triggers that do it.

Every table of a managed model is governed unless ``registries.unaudited`` gives a reason.
``manage.py migrate`` installs what stands here, so that no migration can forget it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from django.apps import apps
from django.db.backends.utils import CursorWrapper
from django.db.models import Field, Model

from governance import registries
from governance.postgresql import row_functions
from governance.postgresql.row_functions import Column, literal
from governance.registries import Mask

SOURCE = Path(__file__).with_name("audit.sql")
LOG_TABLES = (
    "audit_event",
    "audit_leaf",
    "audit_tile",
    "audit_checkpoint",
    "audit_cosignature",
    "audit_key",
    "audit_erasure",
    "audit_verification",
    "audit_policy_signature",
)
FROZEN = {
    "governance_policyversion": "audit_policy_version",
    "governance_policyrule": "audit_policy_rule",
}
"""Table of what is approved as a whole -> the function that keeps it as it was."""

_EXISTING = """
SELECT c.relname, t.tgname, obj_description(t.oid, 'pg_trigger'), t.tgenabled
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND t.tgname LIKE 'audit\\_%%' AND c.relnamespace = 'public'::regnamespace
"""
_COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
  AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attname
"""
_SOURCES = """
SELECT proname, prosrc FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND starts_with(proname, 'audit_')
"""

# Without it, a baseline that says otherwise than the entry before counts as tampering.
_RESHAPED = """
INSERT INTO audit_event
  (occurred_at, tenant, scope, actor, act, cause, object, outcome, request_id, body)
VALUES (clock_timestamp(), 'own', '', 'db:' || session_user, 'schema:table:reshape', '', %s, 'ok',
        'none', jsonb_build_object('was', %s::text)::text)
"""


class Cursor(Protocol):
    """What a cursor of Django and one of psycopg have in common."""

    def execute(self, sql: Any, /) -> Any:
        """Run one statement."""

    def fetchall(self) -> list[Any]:
        """Return its rows."""


@dataclass(frozen=True, slots=True)
class Table:
    """A governed table and what its trigger is told."""

    name: str
    label: str
    key: str
    mask: Mask
    party: str

    def arguments(self) -> str:
        words = (
            self.label,
            self.key,
            ",".join(self.mask.secret),
            ",".join(self.mask.ignored),
            self.party,
        )
        return ", ".join(literal(word) for word in words)

    def function(self, columns: Sequence[Column] | None) -> str:
        """Return the statement that creates what records its rows; see ``row_functions``."""
        return row_functions.definition(
            self.name, columns, label=self.label, key=self.key, mask=self.mask, party=self.party
        )

    def triggers(self) -> dict[str, str]:
        """Return the definitions by name. Baselines and checks read the arguments too."""
        on = f'ON "{self.name}"'
        function = f"{row_functions.name(self.name)}({self.arguments()})"
        row = f"FOR EACH ROW EXECUTE FUNCTION {function}"
        return {
            "audit_row": f"AFTER INSERT OR DELETE {on} {row}",
            "audit_row_update": f"AFTER UPDATE {on} {row}",
            "audit_truncate": f"BEFORE TRUNCATE {on} FOR EACH STATEMENT"
            " EXECUTE FUNCTION audit_no_truncate()",
        }


def governed() -> list[Table]:
    """Return the governed tables by name, those of third parties and of relations included."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        meta = model._meta
        if meta.managed and not meta.proxy and not registries.unaudited.get(meta.label_lower):
            key = _column(model, meta.pk.name)
            mask = registries.masks.get(meta.label_lower) or Mask()
            found.append(Table(meta.db_table, meta.label_lower, key, mask, _party(model)))
    return sorted(found, key=lambda table: table.name)


def log_triggers(table: str) -> dict[str, str]:
    """Return what seals and guards a table of the log itself."""
    refuse = "EXECUTE FUNCTION audit_guard()"
    wanted = {
        "audit_guard": f'BEFORE DELETE OR UPDATE ON "{table}" FOR EACH ROW {refuse}',
        "audit_guard_all": f'BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT {refuse}',
    }
    if table == "audit_event":
        wanted["audit_seal"] = (
            f'BEFORE INSERT ON "{table}" FOR EACH ROW EXECUTE FUNCTION audit_seal()'
        )
    return wanted


def wanted() -> dict[tuple[str, str], str]:
    """Return every trigger of the log by table and name."""
    found = {}
    for table in LOG_TABLES:
        found.update({(table, name): text for name, text in log_triggers(table).items()})
    found["governance_decisionlog", "audit_cause"] = (
        'BEFORE INSERT ON "governance_decisionlog" FOR EACH ROW EXECUTE FUNCTION audit_cause()'
    )
    for table, function in FROZEN.items():
        found[table, function] = (
            f'AFTER INSERT OR DELETE OR UPDATE ON "{table}" FOR EACH ROW'
            f" EXECUTE FUNCTION {function}()"
        )
    for row in governed():
        found.update({(row.name, name): text for name, text in row.triggers().items()})
    return found


def install(cursor: CursorWrapper) -> list[str]:
    """Bring functions and triggers up to date; return the tables newly watched or reshaped.

    Rows that a table held before it was watched, or whose digest a migration changed by
    changing the columns, get a ``row:<table>:baseline`` event each. Rows of an unchanged
    table never do: a baseline must not cover up a change made with the triggers off.
    """
    functions(cursor)
    known = columns(cursor)
    shapes = {table: _shape(found) for table, found in known.items()}
    _watch(cursor, {row: known[row.name] for row in governed()})
    cursor.execute(_EXISTING)
    existing = {(table, name): (note, state) for table, name, note, state in cursor.fetchall()}
    expected = wanted()
    for table, name in existing.keys() - expected.keys():
        cursor.execute(f'DROP TRIGGER "{name}" ON "{table}"')
    reshaped = {}
    for (table, name), text in expected.items():
        shape = shapes[table] if name == "audit_row" else ""
        mark = f"{_hash(text)} {shape}".strip()
        note, state = existing.get((table, name), (None, None))
        if note == mark and state == "A":
            continue
        cursor.execute(f'CREATE OR REPLACE TRIGGER "{name}" {text}')
        # ALWAYS: session_replication_role = replica skips ordinary triggers.
        cursor.execute(f'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER "{name}"')
        cursor.execute(f'COMMENT ON TRIGGER "{name}" ON "{table}" IS \'{mark}\'')
        if name == "audit_row":
            # Without a mark before, or with the same, nothing was reshaped by a release.
            reshaped[table] = note if note != mark else None
    # The function that all tables shared before; a trigger still on it would be an error.
    cursor.execute("DROP FUNCTION IF EXISTS audit_row()")
    for table, was in reshaped.items():
        if was:
            cursor.execute(_RESHAPED, [f"table:{table}", was])
        cursor.execute("SELECT audit_baseline(%s::regclass)", [table])
    return list(reshaped)


def loosen(cursor: CursorWrapper) -> None:
    """Let the triggers in place record rows whose columns change, until the next ``install``."""
    cursor.execute(_SOURCES)
    existing = dict(cursor.fetchall())
    _watch(cursor, {row: None for row in governed() if row_functions.name(row.name) in existing})


def functions(cursor: CursorWrapper) -> None:
    """Create or replace the functions of ``audit.sql``."""
    cursor.execute(SOURCE.read_text().replace("%", "%%"), [])


def columns(cursor: Cursor) -> dict[str, list[Column]]:
    """Return the columns of every table, by name."""
    cursor.execute(_COLUMNS)
    found: dict[str, list[Column]] = {}
    for table, name, kind in cursor.fetchall():
        found.setdefault(table, []).append(Column(name, kind))
    return found


def _watch(cursor: CursorWrapper, tables: Mapping[Table, Sequence[Column] | None]) -> None:
    """Create the functions of ``tables`` that are not yet as they should be."""
    cursor.execute(_SOURCES)
    actual = dict(cursor.fetchall())
    for table, known in tables.items():
        statement = table.function(known)
        if actual.get(row_functions.name(table.name)) != row_functions.body(statement):
            cursor.execute(statement.replace("%", "%%"), [])


def _shape(found: Sequence[Column]) -> str:
    return _hash(",".join(f"{one.name} {one.type}" for one in found))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _party(model: type[Model]) -> str:
    """Return a query from a row (``$1``, jsonb) to the party that ``party_path`` leads to."""
    path = str(getattr(model, "party_path", ""))
    if not path:
        return ""
    *steps, last = path.split("__")
    if not steps:
        return f"SELECT $1 ->> '{_column(model, last)}'"
    here: type[Model] = model
    joins, previous, where = [], "", ""
    for number, step in enumerate(steps):
        field = here._meta.get_field(step)
        there = field.related_model
        assert isinstance(field, Field)
        assert isinstance(there, type)
        key = there._meta.pk
        assert key is not None
        alias = f"t{number}"
        if not number:
            joins.append(f"{there._meta.db_table} {alias}")
            where = f"{alias}.{key.column} = ($1 ->> '{field.column}')::{_type(key)}"
        else:
            on = f"{alias}.{key.column} = {previous}.{field.column}"
            joins.append(f"JOIN {there._meta.db_table} {alias} ON {on}")
        previous, here = alias, there
    column = _column(here, last)
    return f"SELECT {previous}.{column} FROM {' '.join(joins)} WHERE {where}"  # noqa: S608 - models


def _column(model: type[Model], name: str) -> str:
    field = model._meta.get_field(name)
    assert isinstance(field, Field)
    return str(field.column)


def _type(key: "Field[object, object]") -> str:
    return {"UUIDField": "uuid"}.get(key.get_internal_type(), "bigint")
