"""What flows into one expression of a query."""

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from catalog.lineage.flows import (
    AGGREGATION,
    CONDITIONAL,
    IDENTITY,
    SORT,
    TRANSFORMATION,
    WINDOW,
    Flow,
    Influence,
    Rows,
    merged,
)
from catalog.lineage.masks import masked
from catalog.lineage.scopes import Scope

Query = Callable[[Any, Scope], Rows]
"""Resolves a query inside a scope."""

_QUERIES = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values)
_PLAIN = (exp.Paren, exp.Alias, exp.Collate)
# Of these window functions the value is one row's, not a summary of rows.
_PICKING = (exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue)
_OPAQUE_TO_COLUMNS = (exp.DataType, exp.Identifier, exp.Literal, exp.Var, exp.Null, exp.Star)


def flow(node: Any, scope: Scope, query: Query) -> Flow:
    """Return what flows into ``node``: plain operators one after the other, without recursion."""
    parts: list[Flow] = []
    transform = IDENTITY
    waiting = [node]
    while waiting:
        part = waiting.pop()
        scope.names.step()
        if part is None or isinstance(part, _OPAQUE_TO_COLUMNS):
            continue
        special = _special(part, scope, query)
        if special is not None:
            parts.append(special)
        else:
            if not isinstance(part, _PLAIN):
                transform = TRANSFORMATION
            waiting.extend(part.iter_expressions())
    return merged(parts).through(transform) if transform else merged(parts)


def steering(node: Any, role: str, scope: Scope, query: Query) -> frozenset[Influence]:
    """Return the columns that ``node`` reads, as influences in the ``role``."""
    return flow(node, scope, query).steering(role) if node is not None else frozenset()


def _special(node: Any, scope: Scope, query: Query) -> Flow | None:
    """Return the flow of a ``node`` whose parts count differently, or None."""
    if isinstance(node, exp.Column):
        return _column(node, scope)
    if isinstance(node, _QUERIES):
        rows = query(node, scope)
        return rows.whole().steered(rows.influences)
    if isinstance(node, exp.Exists):
        rows = query(node.this, scope)
        return Flow(indirect=frozenset((s, CONDITIONAL) for s, _ in rows.influences))
    mask = masked(node)
    if mask is not None:
        return flow(mask[1], scope, query).through(TRANSFORMATION, mask[0])
    if isinstance(node, exp.Case | exp.If | exp.Nullif):
        return _conditional(node, scope, query)
    if isinstance(node, exp.Filter):
        return flow(node.this, scope, query).steered(
            steering(node.expression.this, CONDITIONAL, scope, query)
        )
    if isinstance(node, exp.WithinGroup):
        keys = [flow(key, scope, query) for key in node.expression.expressions]
        return merged([flow(node.this, scope, query), *keys]).through(AGGREGATION)
    if isinstance(node, exp.Window):
        return _window(node, scope, query)
    if isinstance(node, exp.Order):
        return flow(node.this, scope, query).steered(_sorting(node, SORT, scope, query))
    if isinstance(node, exp.AggFunc) or _is_own_aggregate(node, scope):
        inner = [flow(part, scope, query) for part in node.iter_expressions()]
        picks = isinstance(node, _PICKING)
        return merged(inner).through(TRANSFORMATION if picks else AGGREGATION)
    return None


def _column(node: Any, scope: Scope) -> Flow:
    table = node.args.get("table")
    if isinstance(node.this, exp.Star):
        return scope.row(scope.names.text(table)).through(TRANSFORMATION)
    found = scope.column(scope.names.text(table), scope.names.text(node.this))
    if found.reason.startswith("no column") and table is not None and not node.args.get("db"):
        # (composite column).field is also written column.field in some dialects.
        whole = scope.column("", scope.names.text(table))
        return found if whole.reason else whole.through(TRANSFORMATION)
    return found


def _conditional(node: Any, scope: Scope, query: Query) -> Flow:
    if isinstance(node, exp.Nullif):
        values, tests = [node.this], [node.expression]
    elif isinstance(node, exp.If):
        values, tests = [node.args.get("true"), node.args.get("false")], [node.this]
    else:
        branches = node.args.get("ifs") or []
        values = [*(branch.args.get("true") for branch in branches), node.args.get("default")]
        tests = [node.this, *(branch.this for branch in branches)]
    found = merged([flow(value, scope, query) for value in values]).through(TRANSFORMATION)
    deciding = merged([flow(test, scope, query) for test in tests])
    return Flow(
        found.direct,
        found.indirect | deciding.steering(CONDITIONAL),
        found.reason or deciding.reason,
    )


def _window(node: Any, scope: Scope, query: Query) -> Flow:
    found = flow(node.this, scope, query).through(TRANSFORMATION)
    named = node.args.get("alias")
    window, seen = node, 0
    while window is not None and seen < 100:  # a window may build on a named one
        found = found.steered(_windowing(window, scope, query))
        named, seen = window.args.get("alias"), seen + 1
        window = scope.windows.get(scope.names.text(named)) if named is not None else None
    return found


def _windowing(window: Any, scope: Scope, query: Query) -> frozenset[Influence]:
    parts = window.args.get("partition_by") or []
    inside = [flow(part, scope, query) for part in parts]
    order = window.args.get("order")
    sorting = _sorting(order, WINDOW, scope, query) if order is not None else frozenset()
    return merged(inside).steering(WINDOW) | sorting


def _sorting(order: Any, role: str, scope: Scope, query: Query) -> frozenset[Influence]:
    return merged([flow(key, scope, query) for key in order.expressions]).steering(role)


def _is_own_aggregate(node: Any, scope: Scope) -> bool:
    """Whether ``node``, no function of the standard, must be an aggregate.

    Only an aggregate may read a column that the rows are not grouped by.
    """
    if not isinstance(node, exp.Anonymous) or scope.group_keys is None:
        return False
    keys = scope.group_keys
    return not _grouped(node, keys) and any(
        not _grouped(column, keys) for column in node.find_all(exp.Column)
    )


def _grouped(node: Any, keys: frozenset[str]) -> bool:
    return node.sql() in keys
