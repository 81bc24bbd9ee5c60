"""What stands in a FROM: relations, derived tables, functions that return rows, joins."""

import re
from typing import Any

from sqlglot import exp

from catalog.lineage import expressions
from catalog.lineage.expressions import Query
from catalog.lineage.flows import JOIN, NOTHING, TRANSFORMATION, Flow, Rows, merged
from catalog.lineage.parsing import parsed
from catalog.lineage.scopes import Names, Scope, Unresolved

# Functions whose rows are made of their arguments and of nothing stored.
_MAKING = (
    "generate_series",
    "generate_subscripts",
    "json_",
    "jsonb_",
    "regexp_",
    "string_to_table",
    "unnest",
    "pg_",
)


_QUERY = re.compile(r"\s*(?:select|with|table)\b", re.I)


def add_from(select: Any, scope: Scope, query: Query) -> None:
    """Bring into ``scope`` what stands in the FROM of ``select``, joins in their order."""
    clause = select.args.get("from_")
    if clause is not None:
        _add(clause.this, scope, query)
        _add_joins(clause.this, scope, query)
    _add_joins(select, scope, query)
    for lateral in select.args.get("laterals") or ():
        _add(lateral, scope, query)


def joined(node: Any, scope: Scope, query: Query) -> Rows:
    """Return the rows of a join in parentheses, or of one relation."""
    inner = Scope(scope.names, outer=scope.outer, tables=scope.tables)
    _add(node, inner, query)
    _add_joins(node, inner, query)
    pairs = list(inner.star())
    return Rows(
        [name for name, _ in pairs], [flow for _, flow in pairs], frozenset(inner.influences)
    )


def values(node: Any, scope: Scope, query: Query) -> Rows:
    """Return the rows of VALUES: each column is all its cells."""
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions]
    width = max((len(row) for row in rows), default=0)
    flows = [
        merged([expressions.flow(row[place], scope, query) for row in rows if place < len(row)])
        for place in range(width)
    ]
    return Rows([f"column{place + 1}" for place in range(width)], flows)


def _add_joins(node: Any, scope: Scope, query: Query) -> None:
    for join in node.args.get("joins") or ():
        before = set(scope.sources)
        _add(join.this, scope, query)
        _add_joins(join.this, scope, query)
        added = [alias for alias in scope.sources if alias not in before]
        if (test := join.args.get("on")) is not None:
            scope.influences |= expressions.steering(test, JOIN, scope, query)
        columns = [scope.names.text(column) for column in join.args.get("using") or ()]
        if str(join.args.get("method") or "").upper() == "NATURAL":
            left = {name for alias in before for name in scope.sources[alias].names}
            columns = [
                name for alias in added for name in scope.sources[alias].names if name in left
            ]
        for column in columns:
            holder = next((a for a in added if column in scope.sources[a].names), None)
            if holder is None:
                raise Unresolved(f"USING names {column[:80]}, which is not there")
            scope.share(column, holder, str(join.args.get("side") or "").upper())


def _add(node: Any, scope: Scope, query: Query) -> None:
    """Bring one item of a FROM into ``scope``."""
    scope.names.step()
    alias, columns = _alias(node, scope)
    if isinstance(node, exp.Lateral):
        rows = _rows(node.this, scope, query, lateral=scope)
    elif _is_join(node):
        if not alias:  # parentheses around a join: its relations keep their own names
            _add(node.this, scope, query)
            _add_joins(node.this, scope, query)
            return
        rows = joined(node.this, scope, query)
    else:
        rows = _rows(node, scope, query, lateral=None)
    if not rows.names and rows.rest is not None and not columns and alias:
        # A function of one column: alias and column share the name.
        rows = Rows([alias], [rows.rest], rows.influences, rows.rest) if _is_call(node) else rows
    scope.add(alias, rows.renamed(columns))


def _rows(node: Any, scope: Scope, query: Query, *, lateral: Scope | None) -> Rows:
    if isinstance(node, exp.Table) and _is_call(node):
        return _call(node, scope, query)
    if isinstance(node, exp.Table):
        return _named(node, scope)
    if isinstance(node, exp.Values):
        return values(node, scope, query)
    if isinstance(node, exp.Subquery | exp.Select | exp.SetOperation):
        # Without LATERAL a derived table does not see its neighbors, only what is around.
        around = lateral or scope.outer or Scope(scope.names)
        seen = Scope(scope.names, around.outer, scope.tables, around.sources, around.shared)
        return query(node, seen)
    if isinstance(node, exp.Func | exp.Dot):
        return _call(node, scope, query)
    raise Unresolved(f"{type(node).__name__.upper()} in a FROM is not known"[:160])


def _named(node: Any, scope: Scope) -> Rows:
    parts = [scope.names.text(node.args.get(part)) for part in ("catalog", "db", "this")]
    name = tuple(part for part in parts if part)
    if node.args.get("pivots"):
        raise Unresolved("PIVOT is not followed")
    if len(name) == 1 and name[0] in scope.tables:
        return scope.tables[name[0]]
    found = scope.names.stored(name)
    if not found.names and found.rest is not None and len(name) == 3:
        return scope.names.stored(name[1:])
    return found


def _call(node: Any, scope: Scope, query: Query) -> Rows:
    """Return the rows of functions; each column may hold anything of the arguments."""
    calls = [node]
    schema = ""
    if isinstance(node, exp.Table):
        calls = node.args.get("rows_from") or [node.this]
        schema = scope.names.text(node.args.get("db"))
    flows = []
    for call in calls:
        inner = expressions.flow(call, scope, query).through(TRANSFORMATION)
        own_schema, name = schema, ""
        if isinstance(call, exp.Dot):
            own_schema, call = scope.names.text(call.this), call.expression
        if isinstance(call, exp.Anonymous):
            name = str(call.this).lower()
        is_foreign = own_schema not in ("", "pg_catalog") or bool(
            name and not name.startswith(_MAKING)
        )
        if is_foreign:
            _read_strings(call, scope, query)
            inner = Flow(
                inner.direct,
                inner.indirect,
                f"its rows come from the function {name or call.sql()}"[:160],
            )
        flows.append(inner)
    rest = merged(flows)
    return Rows((), (), rest=rest if rest is not NOTHING else Flow())


def _read_strings(call: Any, scope: Scope, query: Query) -> None:
    """Note what the queries read that ``call`` is given as strings: ``crosstab('SELECT ...')``."""
    outer = scope.names
    for literal in call.find_all(exp.Literal):
        if not literal.is_string or not _QUERY.match(literal.name):
            continue
        names = Names(
            outer.wider, folds_all=outer.folds_all, path=outer.path, dialect=outer.dialect
        )
        try:
            rows = query(parsed(literal.name, outer.dialect), Scope(names))
        except Unresolved:
            continue  # the function is reported as a whole
        finally:
            outer.step(names.steps)
        flow = merged(rows.flows)
        outer.quoted |= set(flow.direct)
        outer.quoted |= {source for source, _ in flow.indirect | rows.influences}


def _is_join(node: Any) -> bool:
    """Whether ``node`` is parentheses around relations, not around a query."""
    if not isinstance(node, exp.Subquery):
        return False
    inner = node.this
    if not isinstance(inner, exp.Subquery):
        return not isinstance(inner, exp.Select | exp.SetOperation | exp.Values)
    return bool(inner.args.get("alias") or inner.args.get("joins")) or _is_join(inner)


def _is_call(node: Any) -> bool:
    if isinstance(node, exp.Table):
        return bool(node.args.get("rows_from")) or not isinstance(
            node.this, exp.Identifier | exp.Table
        )
    if isinstance(node, exp.Lateral):
        return not isinstance(node.this, exp.Subquery)
    return isinstance(node, exp.Func)


def _alias(node: Any, scope: Scope) -> tuple[str, list[str]]:
    alias = node.args.get("alias")
    columns: list[str] = []
    name = ""
    if isinstance(alias, exp.TableAlias):
        name = scope.names.text(alias.this)
        for column in alias.args.get("columns") or ():
            columns.append(
                scope.names.text(
                    getattr(column, "this", None) if isinstance(column, exp.ColumnDef) else column
                )
            )
    elif alias is not None:
        name = scope.names.text(alias)
    if not name and isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
        name = scope.names.text(node.this)
    return name, columns
