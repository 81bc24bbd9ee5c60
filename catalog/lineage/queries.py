"""Column lineage of a query: its output columns by position, each with what flows in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from catalog.lineage import expressions, relations
from catalog.lineage.flows import (
    FILTER,
    GROUP_BY,
    NOTHING,
    SORT,
    Flow,
    Influence,
    Relation,
    Rows,
    Source,
    merged,
)
from catalog.lineage.parsing import parsed
from catalog.lineage.scopes import Names, Scope, Unresolved

_UNNAMED = "?column?"


@dataclass(frozen=True, slots=True)
class Traced:
    """A query's output and what decides its rows."""

    names: tuple[str, ...]
    columns: tuple[Flow, ...]
    influences: frozenset[Influence]
    read: frozenset[Relation]
    """Stored relations in any FROM, whether or not a column of theirs is used."""
    quoted: frozenset[Source]
    """What queries inside strings read, such as the argument of ``crosstab``."""


def trace(
    sql: str,
    known: Mapping[Relation, Sequence[str]],
    *,
    dialect: str = "postgres",
    path: Sequence[Relation] = (),
    wider: Mapping[Relation, Sequence[str]] | None = None,
) -> Traced:
    """Return the lineage of the query ``sql`` over the ``known`` relations' columns.

    Args:
        sql: one SELECT, UNION or VALUES.
        known: names of stored relations to their columns, in order; as in ``FROM``.
        dialect: sqlglot's name of the SQL dialect.
        path: schemas in which unqualified names are sought, first one first.
        wider: relations for queries inside strings, which no dependency names; None: ``known``.

    Raises:
        Unresolved: nothing can be said; a column that alone is unclear has a reason instead.
    """
    names = Names(
        known,
        folds_all=dialect == "mysql",
        path=path,
        dialect=dialect,
        wider=known if wider is None else wider,
    )
    try:
        rows = _query(parsed(sql, dialect), Scope(names))
    except RecursionError:
        raise Unresolved("nested too deeply") from None
    return Traced(
        tuple(rows.names),
        tuple(rows.flows),
        rows.influences,
        frozenset(names.read),
        frozenset(names.quoted),
    )


def trace_expression(
    sql: str, relation: Relation, columns: Sequence[str], *, dialect: str = "postgres"
) -> Flow:
    """Return what flows into an expression over the ``columns`` of one ``relation``.

    Raises:
        Unresolved: it cannot be read.
    """
    names = Names({relation: columns}, folds_all=dialect == "mysql")
    scope = Scope(names)
    scope.add("", names.stored(relation))
    try:
        select = parsed(f"SELECT {sql}", dialect)
        return expressions.flow(select.expressions[0], scope, _query)
    except RecursionError:
        raise Unresolved("nested too deeply") from None


def mentioned(
    sql: str,
    known: Mapping[Relation, Sequence[str]],
    *,
    dialect: str = "postgres",
    path: Sequence[Relation] = (),
) -> frozenset[Relation]:
    """Return the ``known`` relations named in ``sql``: what is left where `trace` fails."""
    names = Names(known, folds_all=dialect == "mysql", path=path)
    try:
        for table in parsed(sql, dialect).find_all(exp.Table):
            parts = [names.text(table.args.get(part)) for part in ("db", "this")]
            names.stored(tuple(part for part in parts if part))
    except (Unresolved, RecursionError):
        return frozenset()
    return frozenset(names.read)


def _query(node: Any, outer: Scope) -> Rows:
    """Resolve ``node`` inside ``outer``, whose columns it may use (correlation)."""
    outer.names.step()
    scope = _with_tables(node, outer)
    if isinstance(node, exp.Subquery):
        return _ordered(node, _query(node.this, scope), scope)
    if isinstance(node, exp.SetOperation):
        return _set_operation(node, scope)
    if isinstance(node, exp.Values):
        return relations.values(node, scope, _query)
    if isinstance(node, exp.Table):  # TABLE name
        return relations.joined(node, scope, _query)
    if not isinstance(node, exp.Select):
        raise Unresolved(f"{type(node).__name__.upper()} is no query"[:160])
    return _select(node, scope)


def _select(node: Any, outer: Scope) -> Rows:
    scope = Scope(outer.names, outer=outer, tables=outer.tables)
    relations.add_from(node, scope, _query)
    for window in node.args.get("windows") or ():
        scope.windows[scope.names.text(window.this)] = window
    group = node.args.get("group")
    if group is not None:
        keys = [*group.expressions, *group.find_all(exp.Column)]
        scope.group_keys = frozenset(key.sql() for key in keys)
    names: list[str] = []
    flows: list[Flow] = []
    for output in node.expressions:
        for name, flow in _output(output, scope):
            names.append(name)
            flows.append(flow)
    by_name = dict(zip(reversed(names), reversed(flows), strict=True))
    deciding = set(scope.influences)
    for clause in ("where", "having", "qualify"):
        if (test := node.args.get(clause)) is not None:
            deciding |= expressions.steering(test.this, FILTER, scope, _query)
    if group is not None:
        for part in group.iter_expressions():
            deciding |= _key(part, scope, flows, {}).steering(GROUP_BY)
    distinct = node.args.get("distinct")
    if distinct is not None and distinct.args.get("on") is not None:
        deciding |= expressions.steering(distinct.args["on"], GROUP_BY, scope, _query)
    if (order := node.args.get("order")) is not None:
        for key in order.expressions:
            deciding |= _key(key, scope, flows, by_name).steering(SORT)
    return Rows(names, flows, frozenset(deciding))


def _output(node: Any, scope: Scope) -> list[tuple[str, Flow]]:
    if isinstance(node, exp.Star):
        return list(scope.star())
    if isinstance(node, exp.Column) and isinstance(node.this, exp.Star):
        return list(scope.star(scope.names.text(node.args.get("table"))))
    return [(output_name(node, scope.names), expressions.flow(node, scope, _query))]


def output_name(node: Any, names: Names) -> str:
    """Return the name PostgreSQL gives the output column ``node``."""
    if isinstance(node, exp.Alias):
        return names.text(node.args["alias"])
    while isinstance(node, exp.Cast | exp.Paren | exp.Window | exp.Filter | exp.Bracket):
        node = node.this
    if isinstance(node, exp.Column):
        return names.text(node.this)
    if isinstance(node, exp.Dot):
        node = node.expression
    if isinstance(node, exp.Case):
        return "case"
    if isinstance(node, exp.Anonymous):
        return str(node.this).lower()
    return str(node.sql_name()).lower() if isinstance(node, exp.Func) else _UNNAMED


def _key(node: Any, scope: Scope, flows: list[Flow], by_name: Mapping[str, Flow]) -> Flow:
    """Return what a sort or group key reads: an output's number or name, or an expression."""
    under = node.this if isinstance(node, exp.Ordered) else node
    if isinstance(under, exp.Literal) and under.name.isdigit():
        place = int(under.name[:6])
        return flows[place - 1] if 0 < place <= len(flows) else NOTHING
    if isinstance(under, exp.Column) and not under.args.get("table"):
        named = by_name.get(scope.names.text(under.this))
        if named is not None:
            return named
    return expressions.flow(under, scope, _query)


def _ordered(node: Any, rows: Rows, scope: Scope) -> Rows:
    """Return ``rows`` with the keys of an ORDER BY that follows parentheses or a union."""
    order = node.args.get("order")
    if order is None:
        return rows
    by_name = dict(zip(rows.names, rows.flows, strict=True))
    keys = [_key(key, scope, list(rows.flows), by_name) for key in order.expressions]
    sorting = merged(keys).steering(SORT)
    return Rows(rows.names, rows.flows, rows.influences | sorting, rows.rest)


def _set_operation(node: Any, scope: Scope) -> Rows:
    # Left sides nest as deeply as there are parts, so they are unrolled.
    parts = []
    left = node
    while isinstance(left, exp.SetOperation) and (left is node or not left.args.get("with_")):
        parts.append(left)
        left = left.this
    rows = _query(left, scope)
    for part in reversed(parts):
        rows = combined(part, rows, _query(part.expression, scope))
    return _ordered(node, rows, scope)


def combined(node: Any, left: Rows, right: Rows) -> Rows:
    """Return the rows of the set operation ``node``, column by column in order."""
    if len(left.flows) != len(right.flows):
        raise Unresolved("the parts of a union differ in their number of columns")
    influences = left.influences | right.influences
    if isinstance(node, exp.Union):
        pairs = zip(left.flows, right.flows, strict=True)
        return Rows(left.names, [merged(pair) for pair in pairs], influences)
    # EXCEPT and INTERSECT: values come from the left, the right decides which stay.
    deciding = merged(right.flows).steering(FILTER)
    return Rows(left.names, left.flows, influences | deciding)


def _with_tables(node: Any, outer: Scope) -> Scope:
    """Return ``outer`` with the common table expressions of ``node`` in force."""
    clause = node.args.get("with_") if isinstance(node, exp.Expression) else None
    if clause is None:
        return outer
    tables = dict(outer.tables)
    scope = Scope(
        outer.names,
        outer=outer.outer,
        tables=tables,
        sources=outer.sources,
        shared=outer.shared,
    )
    for table in clause.expressions:
        alias = table.args["alias"]
        name = outer.names.text(alias.this)
        columns = [outer.names.text(column) for column in alias.columns]
        if clause.args.get("recursive"):
            tables[name] = _recursive(table.this, name, columns, scope, tables)
        else:
            tables[name] = _query(table.this, scope).renamed(columns)
    return scope


def _recursive(
    node: Any, name: str, columns: list[str], scope: Scope, tables: dict[str, Rows]
) -> Rows:
    """Resolve a table that may name itself: again and again until nothing is added.

    It ends: a flow only grows, among the columns that there are, and steps are counted.
    """
    if not isinstance(node, exp.SetOperation) or not _names_itself(node, name):
        return _query(node, scope).renamed(columns)
    scope = _with_tables(node, scope)
    rows = _query(node.this, scope).renamed(columns)
    inner = dict(scope.tables)
    while True:
        inner[name] = rows
        again = Scope(scope.names, scope.outer, inner, scope.sources, scope.shared)
        grown = combined(node, rows, _query(node.expression, again))
        if grown == rows:
            return rows
        rows = grown


def _names_itself(node: Any, name: str) -> bool:
    return any(table.name.lower() == name.lower() for table in node.find_all(exp.Table))
