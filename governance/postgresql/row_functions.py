"""The function that records the rows of one governed table, written out for its columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from governance.registries import Mask

TEMPLATE = Path(__file__).with_name("audit_row.sql")

# Values of these types are equal exactly when they are written alike. Others are compared as
# they enter the log: 1.0 and 1.00 are equal numbers, but two fingerprints.
_COMPARABLE = frozenset(
    {"boolean", "smallint", "integer", "bigint", "uuid", "date", "timestamp with time zone"}
)
_TEXTS = ("text", "character varying")
# What decides how values of these types, or arrays of them, are written.
_WRITTEN = (
    (("timestamp with time zone", "tstz"), "timezone = 'UTC'"),
    (("real", "double precision"), "extra_float_digits = 1"),
    (("bytea",), "bytea_output = 'hex'"),
    (("interval",), "intervalstyle = 'iso_8601'"),
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the catalog of the database has it."""

    name: str
    type: str


def name(table: str) -> str:
    """Return the name of the function of ``table``."""
    found = f"audit_row_{table}"
    # PostgreSQL would cut it, perhaps to the name of another table's.
    if len(found.encode()) > 63:
        raise ValueError(f"the name of {table} is too long to be watched")
    return found


def definition(
    table: str, columns: Sequence[Column] | None, *, label: str, key: str, mask: Mask, party: str
) -> str:
    """Return the statement that creates the function of ``table``.

    Without ``columns`` it looks them up in each row, at four times the cost: while migrations
    run, they may be others from one statement to the next. ``party`` is a query from the row
    (``$1``, jsonb) to the partner it belongs to, or empty.
    """
    filled = {
        "name": name(table),
        "settings": _settings(columns),
        "changed": _any_changed(mask) if columns is None else _changed(columns, mask),
        "value": _value(mask),
        "less_ignored": _less(mask.ignored),
        "less_secret": _less(mask.secret),
        "party": _party(party),
        "act": literal(f"row:{table}:"),
        "object": f"{literal(label + ':')} || (k ->> {literal(key)})",
    }
    text = TEMPLATE.read_text()
    for word, value in filled.items():
        text = text.replace("{" + word + "}", value)
    return text[text.index("CREATE") :]


def literal(text: str) -> str:
    """Return ``text`` as a constant of SQL; there is no backslash in what is governed."""
    return "'" + text.replace("'", "''") + "'"


def body(statement: str) -> str:
    """Return the source in a statement that creates a function, as the database keeps it."""
    return statement.split("$$")[1]


def _settings(columns: Sequence[Column] | None) -> str:
    """Return the settings on which the fingerprint of these columns depends, and no others.

    Each costs every call some 8 us.
    """
    return "".join(
        f" SET {setting}"
        for types, setting in _WRITTEN
        if columns is None or any(one.type.startswith(types) for one in columns)
    )


def _changed(columns: Sequence[Column], mask: Mask) -> str:
    """Return an expression for the names of the changed ones among the columns named here."""
    names = [_name_if_changed(one) for one in columns if one.name not in mask.ignored]
    return "concat_ws(',',\n      " + ",\n      ".join(names) + ")"


def _any_changed(mask: Mask) -> str:
    """Return the same of whatever columns the rows have."""
    return f"""coalesce((SELECT string_agg(n.key, ',')
      FROM jsonb_each(to_jsonb(new){_less(mask.ignored)}) n
      WHERE n.value::text IS DISTINCT FROM (to_jsonb(old) -> n.key)::text), '')"""  # noqa: S608 - models


def _name_if_changed(column: Column) -> str:
    quoted = '"' + column.name.replace('"', '""') + '"'
    old, new = f"old.{quoted}", f"new.{quoted}"
    if column.type in _COMPARABLE:
        differs = f"{old} IS DISTINCT FROM {new}"
    elif column.type.startswith(_TEXTS):
        differs = f'{old} COLLATE "C" IS DISTINCT FROM {new} COLLATE "C"'
    else:
        differs = f"to_jsonb({old})::text IS DISTINCT FROM to_jsonb({new})::text"
    return f"CASE WHEN {differs} THEN {literal(column.name)} END"


def _value(mask: Mask) -> str:
    """Return an expression for the old and the new value of the column ``col``."""
    old, new = (f"coalesce(({row} -> col)::text, 'null')" for row in "ok")
    pair = f"'[' || {old} || ', ' || {new} || ']'"
    if not mask.secret:
        return pair
    names = ", ".join(map(literal, mask.secret))
    return f"CASE WHEN col IN ({names}) THEN '\"changed\"' ELSE {pair} END"


def _less(names: Sequence[str]) -> str:
    return f" - ARRAY[{', '.join(literal(one) for one in names)}]" if names else ""


def _party(query: str) -> str:
    if not query:
        return ""
    row = query.replace("$1", "k")
    # An expression alone is evaluated without a plan.
    value = f"({row})" if " FROM " in row else row.removeprefix("SELECT ")
    return f"party := {value};"
