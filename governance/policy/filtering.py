"""Conditions of rules as SQL: a list shows exactly the records that single decisions permit.

Each condition becomes two predicates: that it is true, and that it raises. A record is shown
if some allow is true, no deny is, and no condition raises. SQL's NULL never decides.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Expression,
    F,
    Func,
    IntegerField,
    Q,
    Value,
    When,
)
from django.db.models.functions import Collate
from django.db.models.lookups import GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual

from governance.domain.gaps import UNCLASSIFIED
from governance.domain.ranks import LEVELS
from governance.policy import expressions
from governance.policy.expressions import Names, NotUnderstood

# Django leaves these two out of the statement.
FALSE = Q(pk__in=[])
TRUE = ~FALSE
_ORDERED = {
    ast.Lt: LessThan,
    ast.LtE: LessThanOrEqual,
    ast.Gt: GreaterThan,
    ast.GtE: GreaterThanOrEqual,
}
_NUMBERS = (int, float)


class NotFilterable(Exception):
    """A condition reads the record in a way that SQL cannot."""


@dataclass(frozen=True, slots=True)
class Column:
    """What a condition reads of a record, as SQL; ``kind`` is the type of its values.

    Reading it ``raises`` where SQL has NULL, if it is what a function returns.
    """

    expression: Expression | F
    kind: type
    raises: bool = False

    @property
    def error(self) -> Q:
        return Q(_Null(self.expression)) if self.raises else FALSE


@dataclass(frozen=True, slots=True)
class Outcome:
    """When a condition is true, and when it raises."""

    true: Q
    error: Q

    @property
    def false(self) -> Q:
        return ~self.true & ~self.error


class _Same(Func):
    """Equality that knows NULL, as Python's ``==`` knows None."""

    arg_joiner = " IS NOT DISTINCT FROM "
    template = "(%(expressions)s)"
    output_field = BooleanField()


class _Null(Func):
    template = "(%(expressions)s IS NULL)"
    output_field = BooleanField()


@dataclass(frozen=True, slots=True)
class Shown:
    """Which records of a domain are permitted, and which refused whatever else permits them."""

    permitted: Q
    refused: Q

    @property
    def is_everything(self) -> bool:
        return self.permitted is TRUE


def unclassified(column: Column | None) -> Q:
    """Return which records have no classification in ``column``; all where there is none."""
    if column is None:
        return TRUE
    found = Q(_Null(column.expression))
    if column.kind is str:
        for word in UNCLASSIFIED:
            if word is not None:
                found |= Q(_Same(column.expression, Value(word)))
    return found


def shown(rules: Sequence[tuple[str, bool]], reading: "Reading") -> Shown:
    """Return what ``rules`` (condition, is it an allow) show together.

    Raises:
        NotFilterable: a condition has no SQL form.
    """
    if all(condition == "True" and is_allow for condition, is_allow in rules):
        return Shown(TRUE if rules else FALSE, FALSE)
    allowed = refused = FALSE
    for condition, is_allow in rules:
        outcome = reading.outcome(condition)
        refused |= outcome.error
        if is_allow:
            allowed |= outcome.true
        else:
            refused |= outcome.true
    return Shown(allowed & ~refused, refused)


class Reading:
    """Translates conditions for one subject, scope and act."""

    def __init__(
        self,
        names: Names,
        values: Mapping[str, Any],
        columns: Mapping[str, Column],
        normalize: Callable[[str], str],
        *,
        record: str = "r_res",
    ) -> None:
        """Bind what is known.

        Args:
            values: the values of the request by token, without those of the record.
            columns: what can be read of the record, by attribute.
            normalize: turns the text of a condition into Python.
            record: the token of the record.
        """
        self._names, self._values, self._columns = names, values, columns
        self._normalize, self._record = normalize, record

    def outcome(self, text: str) -> Outcome:
        """Return when the condition ``text`` is true and when it raises.

        Raises:
            NotFilterable: it has no SQL form.
        """
        if text == "True":
            return Outcome(TRUE, FALSE)
        try:
            tree = expressions.parse(self._normalize(text))
            return self._read(tree) if self._reads_record(tree) else self._bound(tree)
        except NotUnderstood as error:
            raise NotFilterable(f"{text}: {error}") from error

    def _read(self, tree: ast.expr) -> Outcome:
        if not self._reads_record(tree):
            return self._bound(tree, is_whole=False)
        match tree:
            case ast.BoolOp(op, values):
                parts = [self._read(value) for value in values]
                found = parts[-1]
                for part in reversed(parts[:-1]):
                    goes_on = part.true if isinstance(op, ast.And) else part.false
                    true = goes_on & found.true
                    found = Outcome(
                        true if isinstance(op, ast.And) else part.true | true,
                        part.error | (goes_on & found.error),
                    )
                return found
            case ast.UnaryOp(ast.Not(), operand):
                inner = self._read(operand)
                return Outcome(inner.false, inner.error)
            case ast.Compare(left, [op], [right]):
                return self._compared(left, op, right)
            case ast.Compare(left, ops, rights):
                sides = [left, *rights]
                links: list[ast.expr] = [
                    ast.Compare(sides[at], [op], [sides[at + 1]]) for at, op in enumerate(ops)
                ]
                return self._read(ast.BoolOp(ast.And(), links))
            case ast.Attribute():
                column = self._column(tree)
                if column is None:
                    return Outcome(FALSE, TRUE)
                if column.kind is bool:
                    return Outcome(_true(column.expression), Q(_Null(column.expression)))
        raise NotFilterable(ast.unparse(tree))

    def _compared(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Outcome:
        if isinstance(op, ast.In | ast.NotIn):
            return self._contained(left, right, is_in=isinstance(op, ast.In))
        sides = [self._side(one) for one in (left, right)]
        if None in sides:
            return Outcome(FALSE, TRUE)
        one, other = sides[0], sides[1]
        assert one is not None
        assert other is not None
        nothing = type(None)
        if bool in (one.kind, other.kind) and {one.kind, other.kind} & set(_NUMBERS):
            raise NotFilterable("a truth value beside a number")
        is_comparable = one.kind is other.kind or {one.kind, other.kind} <= set(_NUMBERS)
        error = one.error | other.error
        if isinstance(op, ast.Eq | ast.NotEq):
            if nothing in (one.kind, other.kind):
                rest = one if other.kind is nothing else other
                same = Q(_Null(rest.expression))
            else:
                same = Q(_Same(one.expression, other.expression)) if is_comparable else FALSE
            true = same if isinstance(op, ast.Eq) else ~same
            return Outcome(true & ~error, error)
        if not is_comparable or one.kind is nothing:
            return Outcome(FALSE, TRUE)
        a, b = (
            Collate(side.expression, "C") if side.kind is str else side.expression
            for side in (one, other)
        )
        unknown = Q(_Null(one.expression)) | Q(_Null(other.expression))
        return Outcome(Q(_ORDERED[type(op)](a, b)) & ~unknown, unknown)

    def _contained(self, left: ast.expr, right: ast.expr, *, is_in: bool) -> Outcome:
        if self._reads_record(right):
            raise NotFilterable(ast.unparse(right))
        try:
            members = self._value(right)
        except (NotUnderstood, NotFilterable):
            raise
        except Exception:  # noqa: BLE001 - a request may hold anything; the condition raises
            return Outcome(FALSE, TRUE)
        if not isinstance(members, list | tuple):
            raise NotFilterable("in something that is no list")
        column = self._side(left)
        if column is None:
            return Outcome(FALSE, TRUE)
        same = FALSE
        for member in members:
            if type(member) is column.kind or {type(member), column.kind} <= set(_NUMBERS):
                same |= Q(_Same(column.expression, Value(member)))
            elif member is None:
                same |= Q(_Null(column.expression))
        return Outcome((same if is_in else ~same) & ~column.error, column.error)

    def _side(self, tree: ast.expr) -> Column | None:
        """Return one side of a comparison; None where reading it raises."""
        if self._reads_record(tree):
            match tree:
                case ast.Attribute():
                    return self._column(tree)
                case ast.Call(ast.Name("rank"), [ast.Attribute() as argument], []):
                    return _ranked(self._column(argument))
            raise NotFilterable(ast.unparse(tree))
        try:
            value = self._value(tree)
        except (NotUnderstood, NotFilterable):
            raise
        except Exception:  # noqa: BLE001 - as above
            return None
        if value is not None and type(value) not in (str, int, float, bool):
            raise NotFilterable(ast.unparse(tree))
        return Column(Value(value), type(value))

    def _column(self, tree: ast.Attribute) -> Column | None:
        if not isinstance(tree.value, ast.Name):
            raise NotFilterable(ast.unparse(tree))
        return self._columns.get(tree.attr)

    def _bound(self, tree: ast.expr, *, is_whole: bool = True) -> Outcome:
        """Evaluate what does not depend on the record.

        Within a longer condition it may be any value that is neither true nor false.
        """
        try:
            value = self._value(tree)
            if not (is_whole or isinstance(value, bool | float)):
                raise NotFilterable(ast.unparse(tree))
            holds = expressions.as_bool(value)
        except (NotUnderstood, NotFilterable):
            raise
        except Exception:  # noqa: BLE001 - as above
            return Outcome(FALSE, TRUE)
        return Outcome(TRUE if holds else FALSE, FALSE)

    def _value(self, tree: ast.expr) -> Any:
        if any(
            isinstance(node, ast.Name) and node.id in self._names.row for node in ast.walk(tree)
        ):
            raise NotFilterable(ast.unparse(tree))
        body: list[ast.stmt] = [ast.Return(expressions.reader(tree, self._names))]
        read = expressions.function("value", ["rv"], body, self._names.functions)
        return read([self._values.get(token) for token in self._names.request])

    def _reads_record(self, tree: ast.expr) -> bool:
        return any(
            isinstance(node, ast.Name) and node.id == self._record for node in ast.walk(tree)
        )


def _true(expression: Any) -> Q:
    return Q(_Same(expression, Value(True)))


def _ranked(column: Column | None) -> Column | None:
    """Return the rank of a level; None where reading it raises whatever the record."""
    if column is None or column.kind is not str:
        return None
    ranks = [
        When(Q(_Same(column.expression, Value(word))), then=Value(place))
        for place, word in enumerate(LEVELS)
    ]
    return Column(Case(*ranks, output_field=IntegerField()), int, raises=True)
