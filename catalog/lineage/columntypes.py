"""Column types as the database itself prints them."""

import re
from typing import Any

# As pg_catalog.format_type prints them, so that a file and its database agree.
_PRINTED = {
    "int": "integer",
    "serial": "integer",
    "bigserial": "bigint",
    "smallserial": "smallint",
    "varchar": "character varying",
    "char": "character",
    "bpchar": "character",
    "decimal": "numeric",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "time": "time without time zone",
    "timetz": "time with time zone",
    "float": "double precision",
    "varbinary": "bytea",
    "varbit": "bit varying",
}


def printed(kind: Any, dialect: str) -> str:
    """Return a column's type as its database prints it; empty when none is stated."""
    if kind is None:
        return ""
    text = str(kind.sql(dialect=dialect))
    if '"' not in text:
        text = text.lower()
    if dialect != "postgres":
        return text
    word, rest = re.match(r"([a-z_]*)(.*)", text, re.S).groups()  # type: ignore[union-attr]
    name = _PRINTED.get(word, word)
    if rest.startswith("(") and " time zone" in name:
        # The precision stands inside: timestamp(3) without time zone.
        size, _, after = rest.partition(")")
        first, _, second = name.partition(" ")
        return f"{first}{size.replace(' ', '')}) {second}{after}"
    return name + rest.replace(", ", ",")
