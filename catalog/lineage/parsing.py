"""Syntax trees of SQL texts, within limits of length and depth."""

from typing import Any

import sqlglot
from sqlglot import exp

from catalog.lineage.scopes import Unresolved

GRAMMAR: str = sqlglot.__version__
"""Release of the parser: another one may understand the same text otherwise."""
LONGEST_TEXT = 200_000
"""Characters of one query; the longest of AdventureWorks' 89 views has about 3,000."""


def parsed(sql: str, dialect: str, *, longest: int = LONGEST_TEXT) -> Any:
    """Return the syntax tree of one statement.

    Raises:
        Unresolved: it is too long, or sqlglot does not read it.
    """
    if len(sql) > longest:
        raise Unresolved(f"longer than {longest:,} characters")
    try:
        tree = sqlglot.parse_one(sql.strip().rstrip(";"), dialect=dialect)
    except sqlglot.errors.SqlglotError as error:
        first = error.errors[0] if getattr(error, "errors", None) else {}
        text = first.get("description") or str(error).splitlines()[0]
        raise Unresolved(f"not readable: {text}"[:160]) from None
    except RecursionError:
        raise Unresolved("nested too deeply") from None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        # sqlglot trips over some malformed texts, and one of them must not end a harvest.
        raise Unresolved(f"not readable: {type(error).__name__} in the parser") from None
    if isinstance(tree, exp.Command):
        raise Unresolved("not readable as a query")
    return tree
