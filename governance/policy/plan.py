"""What a matcher asks of a row: what can be looked up, and what is left to evaluate.

Of the parts joined by ``and`` these are looked up, the rest is compiled (``expressions``):

* ``E == p.c``: a key, where ``E`` is a value of the request or an attribute of one;
* ``E == p.c or p.c == 'lit'``: a key with a wildcard;
* the first ``g(E, p.c)`` or ``g(E, p.c, D)``: a role, found through the closure of ``E``.

A row that is not found by its keys cannot match, whatever else the matcher says.
"""

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from governance.policy import expressions
from governance.policy.expressions import (
    Condition,
    Names,
    NotUnderstood,
    conjuncts,
    evaluated,
    parse,
)

# As Casbin finds it: textually, also within a literal.
_EVAL = re.compile(r"\beval\(([^)]*)\)")


@dataclass(frozen=True, slots=True)
class Key:
    """A column that must equal ``operand``, or ``wildcard`` where there is one."""

    operand: ast.expr
    column: int
    wildcard: str | None = None


@dataclass(frozen=True, slots=True)
class Role:
    """A column that must be a role of ``operand`` in ``domain`` by the links of ``kind``."""

    kind: str
    operand: ast.expr
    column: int
    domain: ast.expr | None


class Plan:
    """How the rows of one model are found and checked. It does not change, but it remembers."""

    def __init__(
        self,
        matcher: str,
        names: Names,
        *,
        effect: str | None,
        normalize: Callable[[str], str],
        pure: frozenset[str],
    ) -> None:
        """Read ``matcher``, already normalized as Casbin does.

        Args:
            effect: the column that holds a row's effect, if there is one.
            normalize: turns the text of a row's condition into Python, as Casbin does.
            pure: the functions that depend on their arguments alone.

        Raises:
            NotUnderstood: it says something that cannot be compiled.
        """
        self.names = names
        self.effect = names.row.index(effect) if effect in names.row else None
        self._normalize = normalize
        self.keys: tuple[Key, ...] = ()
        self.role: Role | None = None
        tree = parse(matcher)
        called = {node.func.id for node in ast.walk(tree) if _is_named_call(node)}  # type: ignore[attr-defined]
        if impure := called - pure - set(names.links) - {"eval"}:
            raise NotUnderstood(f"functions not known to be pure: {', '.join(sorted(impure))}")
        self.reads_rows = any(
            isinstance(node, ast.Name) and node.id in names.row for node in ast.walk(tree)
        )
        self._rest: list[ast.expr] = []
        is_last = False
        for part in conjuncts(tree):
            is_last = not self._look_up(part)
            if is_last:
                self._rest.append(part)
        self._is_last = is_last
        self._texts = self._columns_with_conditions(matcher)
        self._compiled: dict[tuple[str, ...], Condition | None] = {}
        if not self._texts:
            self._compiled[()] = self._compile(())

    def operands(self) -> frozenset[str]:
        """Return what of a request rows are found by, as Python: ``r_act.name``."""
        found = [key.operand for key in self.keys]
        if self.role is not None:
            found += [self.role.operand, *([self.role.domain] if self.role.domain else [])]
        return frozenset(ast.unparse(one) for one in found)

    def condition(self, row: Sequence[str]) -> Condition | None:
        """Return what is left to check for ``row`` once it was found; None if nothing is.

        Raises:
            NotUnderstood: the condition written in the row cannot be compiled.
        """
        texts = tuple(row[column] for column in self._texts)
        if texts not in self._compiled:
            self._compiled[texts] = self._compile(texts)
        return self._compiled[texts]

    def _look_up(self, part: ast.expr) -> bool:
        """Take ``part`` as a key or the role, if it is one."""
        if self.role is None and (role := self._as_role(part)):
            self.role = role
            return True
        if key := self._as_key(part):
            self.keys = (*self.keys, key)
            return True
        return False

    def _as_key(self, part: ast.expr) -> Key | None:
        if not (isinstance(part, ast.BoolOp) and isinstance(part.op, ast.Or)):
            return self._as_equal(part)
        if len(part.values) != 2:
            return None
        key, pair = self._as_equal(part.values[0]), _equality(part.values[1])
        if key is None or pair is None:
            return None
        for row, literal in (pair, pair[::-1]):
            if self._column(row) == key.column and isinstance(literal, ast.Constant):
                value = literal.value
                return Key(key.operand, key.column, value) if isinstance(value, str) else None
        return None

    def _as_equal(self, part: ast.expr) -> Key | None:
        pair = _equality(part)
        for operand, row in (pair, pair[::-1]) if pair else ():
            column = self._column(row)
            if column is not None and self._is_of_request(operand):
                return Key(operand, column)
        return None

    def _as_role(self, part: ast.expr) -> Role | None:
        match part:
            case ast.Call(ast.Name(name), [operand, row, *domain], []) if name in self.names.links:
                column = self._column(row)
                if (
                    len(domain) + 2 == self.names.links[name]
                    and column is not None
                    and all(map(self._is_of_request, [operand, *domain]))
                ):
                    return Role(name, operand, column, domain[0] if domain else None)
        return None

    def _column(self, tree: ast.expr) -> int | None:
        if isinstance(tree, ast.Name) and tree.id in self.names.row:
            return self.names.row.index(tree.id)
        return None

    def _is_of_request(self, tree: ast.expr) -> bool:
        while isinstance(tree, ast.Attribute):
            tree = tree.value
        return isinstance(tree, ast.Name) and tree.id in self.names.request

    def _columns_with_conditions(self, matcher: str) -> tuple[int, ...]:
        """Return the columns whose text is part of the matcher."""
        named = _EVAL.findall(matcher)
        calls = [node for part in self._rest for node in ast.walk(part) if evaluated(node)]
        if len(named) != len(calls) or not set(named) <= set(self.names.row):
            raise NotUnderstood("eval() of something else than a column")
        return tuple(dict.fromkeys(self.names.row.index(name) for name in named))

    def _compile(self, texts: tuple[str, ...]) -> Condition | None:
        columns = [self.names.row[column] for column in self._texts]
        trees = {name: self._alone(text) for name, text in zip(columns, texts, strict=True)}
        return expressions.condition(self._rest, self.names, trees, is_last=self._is_last)

    def _alone(self, text: str) -> ast.expr:
        """Parse a text by itself: spliced into the matcher it could change what stands around.

        In parentheses too, as Casbin puts it there; a line break tells the two apart.
        """
        normal = self._normalize(text)
        tree = parse(normal)
        if ast.dump(parse(f"({normal})")) != ast.dump(tree):
            raise NotUnderstood("a condition that reads otherwise in parentheses")
        return tree


def _equality(tree: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    match tree:
        case ast.Compare(left, [ast.Eq()], [right]):
            return left, right
    return None


def _is_named_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
