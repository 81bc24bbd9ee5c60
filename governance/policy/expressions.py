"""Expressions of a matcher as Python functions: only what is known to be harmless is compiled.

The meaning is that of simpleeval, with which Casbin evaluates: attributes fall back to items,
and a matcher's value must be a bool or a float. Anything outside the whitelist raises
``NotUnderstood``; whoever gets that asks stock Casbin instead.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from types import CodeType
from typing import Any

# A condition of a row: request values, policy columns, and whether a link leads from a to b.
Condition = Callable[[Sequence[Any], Sequence[str], Callable[..., bool]], bool]

LONGEST_TEXT = 100_000
_DEEPEST = 200
# In CPython 3.11 two threads that parse at once get a SystemError.
_parsing = Lock()
_FORBIDDEN_PREFIXES = ("_", "func_")
_FORBIDDEN = frozenset(
    {"format", "format_map", "mro", "tb_frame", "gi_frame", "ag_frame", "cr_frame", "exec"}
)
_COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn)
_PLAIN = (str, int, float, bool, type(None))
_DICT_NAMES = frozenset(dir(dict))


class NotUnderstood(Exception):
    """The expression says something that is not compiled here."""


class AttributeMissing(Exception):
    """A condition reads an attribute that the request does not have."""


@dataclass(frozen=True, slots=True)
class Names:
    """What an expression may speak of: tokens of the request and of a row, functions, links."""

    request: tuple[str, ...]
    row: tuple[str, ...]
    functions: Mapping[str, Callable[..., Any]]
    links: Mapping[str, int]


def parse(text: str) -> ast.expr:
    """Return the one expression in ``text``, already written as Python.

    Raises:
        NotUnderstood: it is none, or too long or too deep to be looked at.
    """
    if len(text) > LONGEST_TEXT:
        raise NotUnderstood(f"an expression of {len(text)} characters")
    try:
        with _parsing:
            body = ast.parse(text.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError, SystemError) as error:
        raise NotUnderstood(f"no expression: {error}") from error
    if len(body) != 1 or not isinstance(body[0], ast.Expr):
        raise NotUnderstood("not one expression")
    return body[0].value


def conjuncts(tree: ast.expr) -> list[ast.expr]:
    """Return the parts of the top-level ``and``, in the order in which they are evaluated."""
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
        return [part for value in tree.values for part in conjuncts(value)]
    return [tree]


def attribute(thing: object, name: str) -> Any:
    """Return an attribute or else an item of ``thing``, as simpleeval does.

    Raises:
        AttributeMissing: it has neither.
    """
    try:
        found = getattr(thing, name)
    except (AttributeError, TypeError):
        try:
            found = thing[name]  # type: ignore[index]
        except (KeyError, TypeError):
            raise AttributeMissing(name) from None
    return found


def as_bool(value: object) -> bool:
    """Return the value of a matcher as Casbin takes it.

    Raises:
        TypeError: neither a bool nor a float.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, float):
        return value != 0
    raise TypeError("a condition is true or false")


def evaluated(tree: ast.AST) -> str | None:
    """Return the column whose text stands for ``tree``, if that is ``eval(p.column)``."""
    match tree:
        case ast.Call(ast.Name("eval"), [ast.Name(column)], []):
            return column
    return None


def reader(tree: ast.expr, names: Names) -> ast.expr:
    """Return ``tree`` as harmless Python over ``rv``, ``p`` and ``link``.

    Raises:
        NotUnderstood: it says something outside the whitelist.
    """
    return _Reader(names, {}).read(tree, 0)


def condition(
    parts: Sequence[ast.expr], names: Names, texts: Mapping[str, ast.expr], *, is_last: bool
) -> Condition | None:
    """Compile what is left of a matcher; None where it always holds.

    Args:
        texts: what the row says in the columns that are evaluated.
        is_last: the last of ``parts`` ends the matcher, so that its value is the matcher's.

    Raises:
        NotUnderstood: a part says something outside the whitelist.
    """
    body: list[ast.stmt] = []
    for number, whole in enumerate(parts):
        part = texts[column] if (column := evaluated(whole)) else whole
        if isinstance(part, ast.Constant) and part.value is True:
            continue
        value = _Reader(names, texts).read(part, 0)
        if is_last and number == len(parts) - 1:
            body.append(ast.Return(_call("as_bool", value)))
        elif _is_boolean(part):
            body.append(ast.If(ast.UnaryOp(ast.Not(), value), [_returned(False)], []))
        else:
            kept = ast.Name("v", ast.Load())
            falsy: list[ast.stmt] = [ast.Return(_call("as_bool", kept))]
            body.append(ast.Assign([ast.Name("v", ast.Store())], value))
            body.append(ast.If(ast.UnaryOp(ast.Not(), kept), falsy, []))
    if not body:
        return None
    body.append(_returned(True))
    made: Condition = function("holds", ["rv", "p", "link"], body, names.functions)
    return made


def function(
    name: str, arguments: list[str], body: list[ast.stmt], known: Mapping[str, Any]
) -> Callable[..., Any]:
    """Compile a function that can reach its arguments and ``known``, and nothing else."""
    return _bound(name, _code(name, arguments, body), known)


def written(name: str, argument: str, text: str, known: Mapping[str, Any]) -> Callable[..., Any]:
    """Compile the statements of ``text`` as ``function`` does; the same text only once.

    Raises:
        NotUnderstood: it cannot be compiled.
    """
    return _bound(name, _code_of_text(name, argument, text), known)


@lru_cache(maxsize=64)
def _code_of_text(name: str, argument: str, text: str) -> CodeType:
    return _code(name, [argument], ast.parse(text).body)


def _code(name: str, arguments: list[str], body: list[ast.stmt]) -> CodeType:
    parameters = ast.arguments([], [ast.arg(one) for one in arguments], None, [], [], None, [])
    made = ast.FunctionDef(name, parameters, body, [])
    module = ast.fix_missing_locations(ast.Module([made], []))
    try:
        with _parsing:
            return compile(module, "<policy>", "exec")
    except (ValueError, RecursionError, MemoryError, SystemError) as error:
        raise NotUnderstood(f"it cannot be compiled: {error}") from error


def _bound(name: str, code: CodeType, known: Mapping[str, Any]) -> Callable[..., Any]:
    space: dict[str, Any] = {"attribute": attribute, "as_bool": as_bool, "dict": dict}
    space |= {f"f_{key}": value for key, value in known.items()}
    space |= {"type": type, "str": str, "len": len, "__builtins__": {}}
    exec(code, space)  # noqa: S102 - the whitelist above is all that can stand in it
    found: Callable[..., Any] = space[name]
    return found


def _is_boolean(tree: ast.expr) -> bool:
    return isinstance(tree, ast.Compare) or (
        isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not)
    )


def _call(name: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def _returned(value: bool) -> ast.stmt:
    return ast.Return(ast.Constant(value))


@dataclass(frozen=True, slots=True)
class _Reader:
    names: Names
    texts: Mapping[str, ast.expr]

    def read(self, tree: ast.expr, depth: int) -> ast.expr:
        if depth > _DEEPEST:
            raise NotUnderstood("nested too deeply")

        def read(inner: ast.expr) -> ast.expr:
            return self.read(inner, depth + 1)

        column = evaluated(tree)
        if column is not None and column in self.texts:
            return read(self.texts[column])
        match tree:
            case ast.BoolOp(op, values):
                return ast.BoolOp(op, [read(one) for one in values])
            case ast.UnaryOp(ast.Not() | ast.USub() as op, operand):
                return ast.UnaryOp(op, read(operand))
            case ast.Compare(left, ops, right) if all(isinstance(op, _COMPARISONS) for op in ops):
                return ast.Compare(read(left), ops, [read(one) for one in right])
            case ast.Constant(value) if isinstance(value, _PLAIN):
                return ast.Constant(value)
            case ast.Tuple(elements):
                return ast.Tuple([read(one) for one in elements], ast.Load())
            case ast.List(elements):
                return ast.List([read(one) for one in elements], ast.Load())
            case ast.Name(name):
                return self._name(name)
            case ast.Attribute(value, name):
                if name.startswith(_FORBIDDEN_PREFIXES) or name in _FORBIDDEN:
                    raise NotUnderstood(f"the attribute {name}")
                return _member(read(value), name)
            case ast.Call(ast.Name(name), arguments, []):
                return self._called(name, [read(one) for one in arguments])
        raise NotUnderstood(f"{type(tree).__name__} in an expression")

    def _name(self, name: str) -> ast.expr:
        for whole, tokens in (("rv", self.names.request), ("p", self.names.row)):
            if name in tokens:
                at = ast.Constant(tokens.index(name))
                return ast.Subscript(ast.Name(whole, ast.Load()), at, ast.Load())
        raise NotUnderstood(f"the name {name}")

    def _called(self, name: str, arguments: list[ast.expr]) -> ast.expr:
        if name in self.names.links:
            if len(arguments) != self.names.links[name]:
                raise NotUnderstood(f"{name} with {len(arguments)} arguments")
            return _call("link", ast.Constant(name), *arguments)
        if name in self.names.functions:
            return _call(f"f_{name}", *arguments)
        raise NotUnderstood(f"the function {name}")


def _member(thing: ast.expr, name: str) -> ast.expr:
    """Read an item of a dict at once; all else goes the long way."""
    slow = _call("attribute", thing, ast.Constant(name))
    if name in _DICT_NAMES or not isinstance(thing, ast.Subscript):
        return slow
    is_dict = ast.Compare(_call("type", thing), [ast.Is()], [ast.Name("dict", ast.Load())])
    contains = ast.Compare(ast.Constant(name), [ast.In()], [thing])
    fast = ast.Subscript(thing, ast.Constant(name), ast.Load())
    return ast.IfExp(ast.BoolOp(ast.And(), [is_dict, contains]), fast, slow)
