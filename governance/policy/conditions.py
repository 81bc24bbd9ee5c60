"""Reading a condition on its own: what it may say, and which attributes it reads.

The text is normalized as Casbin does it and parsed alone, never inside the matcher:
``False) || (True`` is then no expression rather than an answer to every question.
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from governance.domain.ranks import LEVELS

LONGEST, DEEPEST = 1000, 40
_OPERATORS = (("&&", " and "), ("||", " or "))
_NOT = re.compile(r"!(?!=)")
_REWRITTEN = re.compile(r"&&|\|\||!|\b[rp]\.")
_ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_COMPARES = (ast.Eq, ast.NotEq, *_ORDERED, ast.In, ast.NotIn)
FUNCTIONS: Mapping[str, tuple[tuple[str, ...], str]] = {"rank": (("str",), "int")}
"""What conditions may call: the kinds of the arguments, and that of the value."""
_RULE_COLUMNS = frozenset({"sub", "dom", "rtype", "act", "cond", "eft", "rid"})

ANY = "*"
"""Stands for every name among attributes that nobody declared."""
Kinds = Mapping[str, str]
"""Attribute -> ``str``, ``int``, ``bool``, ``float``; empty where it is not known."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """What conditions of one resource type may read."""

    subject: Kinds
    resource: Kinds
    environment: Kinds
    functions: frozenset[str] = frozenset(FUNCTIONS)

    def kind(self, root: str, name: str) -> str | None:
        """Return the kind of ``r.<root>.<name>``; None where there is no such attribute."""
        own: dict[str, Kinds] = {
            "sub": {"key": "str", **self.subject},
            "res": {"type": "str", "id": "str", **self.resource},
            "act": {"name": "str"},
            "env": self.environment,
        }
        known = own.get(root, {})
        return known.get(name, known.get(ANY))


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong; ``code`` is stable."""

    code: str
    text: str


def normalized(text: str) -> str:
    """Return ``text`` with Casbin's operators as Python's."""
    for old, new in _OPERATORS:
        text = text.replace(old, new)
    return _NOT.sub(" not ", text).strip()


def parse(text: str) -> ast.expr | Fault:
    """Return the tree of ``text`` parsed alone, or why there is none."""
    if len(text) > LONGEST:
        return Fault("unparsable_condition", f"more than {LONGEST} characters")
    try:
        tree = ast.parse(normalized(text), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        why = error.msg if isinstance(error, SyntaxError) else type(error).__name__
        return Fault("unparsable_condition", f"does not parse alone: {why}")
    if _depth(tree) > DEEPEST:
        return Fault("unparsable_condition", f"nested deeper than {DEEPEST}")
    return tree


def faults(text: str, scheme: Scheme) -> Iterator[Fault]:
    """Yield everything that must not stand in a rule."""
    tree = parse(text)
    if isinstance(tree, Fault):
        yield tree
        return
    yield from _walk(tree, scheme)
    kind = _kind(tree, scheme)
    if kind not in ("bool", ""):
        yield Fault("type_mismatch", f"a condition is true or false, this one is {kind}")


def rewritten_literals(text: str) -> list[str]:
    """Return the string literals that Casbin changes: it rewrites operators inside them too."""
    return [
        match[0]
        for match in re.finditer(r"'[^']*'|\"[^\"]*\"", text)
        if _REWRITTEN.search(match[0])
    ]


def reads(text: str) -> frozenset[tuple[str, str]]:
    """Return the attributes of the question that ``text`` reads: ``("res", "level")``."""
    tree = parse(text)
    if isinstance(tree, Fault):
        return frozenset()
    found = (_path(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    return frozenset((path[1], path[2]) for path in found if len(path) == 3 and path[0] == "r")


def _depth(tree: ast.AST) -> int:
    level, depth = [tree], 0
    while level:
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        depth += 1
    return depth


def _path(node: ast.expr) -> tuple[str, ...]:
    """Return the names of an attribute chain; empty for anything else."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        inner = _path(node.value)
        return (*inner, node.attr) if inner else ()
    return ()


def _walk(node: ast.expr, scheme: Scheme) -> Iterator[Fault]:
    check = _CHECKS.get(type(node))
    if check is None:
        yield Fault("unsupported_expression", f"{type(node).__name__} is not understood here")
    else:
        yield from check(node, scheme)


def _boolean(node: ast.BoolOp, scheme: Scheme) -> Iterator[Fault]:
    for value in node.values:
        yield from _walk(value, scheme)
        kind = _kind(value, scheme)
        if kind not in ("bool", ""):
            yield Fault("type_mismatch", f"{ast.unparse(value)} is {kind}, not true or false")


def _unary(node: ast.UnaryOp, scheme: Scheme) -> Iterator[Fault]:
    if not isinstance(node.op, ast.Not | ast.USub):
        yield Fault("unsupported_expression", f"{type(node.op).__name__} is not understood here")
    yield from _walk(node.operand, scheme)


def _compare(node: ast.Compare, scheme: Scheme) -> Iterator[Fault]:
    left = node.left
    yield from _walk(left, scheme)
    for operator, right in zip(node.ops, node.comparators, strict=True):
        if not isinstance(operator, _COMPARES):
            yield Fault("unsupported_expression", f"{type(operator).__name__} is not understood")
        yield from _walk(right, scheme)
        many = isinstance(operator, ast.In | ast.NotIn) and isinstance(right, ast.Tuple | ast.List)
        others = right.elts if many else [right]  # type: ignore[attr-defined]
        for other in others:
            if not _fits(_kind(left, scheme), _kind(other, scheme), operator):
                yield Fault(
                    "type_mismatch",
                    f"{ast.unparse(left)} is {_kind(left, scheme)},"
                    f" {ast.unparse(other)} is {_kind(other, scheme)}",
                )
        left = right


def _fits(left: str, right: str, operator: ast.cmpop) -> bool:
    if not left or not right:
        return True
    if "none" in (left, right):
        return not isinstance(operator, _ORDERED)
    numbers = {"int", "float"}
    return left == right or {left, right} <= numbers


def _attribute(node: ast.Attribute, scheme: Scheme) -> Iterator[Fault]:
    path = _path(node)
    text = ast.unparse(node)
    if any(part.startswith("_") or part.startswith("func_") for part in path[1:]) or not path:
        yield Fault("unsupported_expression", f"{text} reaches behind the attributes")
    elif path[0] == "p":
        if len(path) != 2 or path[1] not in _RULE_COLUMNS:
            yield Fault("unknown_attribute", f"{text} is no column of a rule")
    elif path != ("r", "dom") and (
        len(path) != 3 or path[0] != "r" or scheme.kind(path[1], path[2]) is None
    ):
        yield Fault("unknown_attribute", f"{text} is no attribute of this type of record")


def _name(node: ast.Name, scheme: Scheme) -> Iterator[Fault]:
    yield Fault("unknown_attribute", f"{node.id} is no attribute")


def _call(node: ast.Call, scheme: Scheme) -> Iterator[Fault]:
    if not isinstance(node.func, ast.Name) or node.keywords:
        yield Fault("unsupported_expression", f"{ast.unparse(node)[:80]} is no plain call")
    elif node.func.id not in scheme.functions:
        yield Fault("unknown_function", f"there is no function {node.func.id}")
    elif node.func.id in FUNCTIONS:
        yield from _arguments(node, FUNCTIONS[node.func.id][0], scheme)
    for argument in node.args:
        yield from _walk(argument, scheme)


def _arguments(node: ast.Call, wanted: tuple[str, ...], scheme: Scheme) -> Iterator[Fault]:
    text = ast.unparse(node)[:80]
    if len(node.args) != len(wanted):
        yield Fault("type_mismatch", f"{text} takes {len(wanted)} value")
        return
    for argument, kind in zip(node.args, wanted, strict=True):
        if _kind(argument, scheme) not in (kind, ""):
            yield Fault("type_mismatch", f"{text} takes {kind}, not {_kind(argument, scheme)}")
        elif isinstance(argument, ast.Constant) and argument.value not in LEVELS:
            yield Fault("unknown_level", f"{argument.value!r} is none of {', '.join(LEVELS)}")


def _constant(node: ast.Constant, scheme: Scheme) -> Iterator[Fault]:
    if not isinstance(node.value, str | int | float | bool | None):
        yield Fault("unsupported_expression", f"{node.value!r} is no plain value")


def _several(node: ast.Tuple | ast.List, scheme: Scheme) -> Iterator[Fault]:
    for element in node.elts:
        yield from _walk(element, scheme)


def _kind(node: ast.expr, scheme: Scheme) -> str:
    """Return the kind of a value as far as it is known."""
    if isinstance(node, ast.Constant):
        return "none" if node.value is None else type(node.value).__name__
    if isinstance(node, ast.Compare | ast.BoolOp):
        return "bool"
    if isinstance(node, ast.UnaryOp):
        return "bool" if isinstance(node.op, ast.Not) else _kind(node.operand, scheme)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return FUNCTIONS.get(node.func.id, ((), ""))[1]
    path = _path(node)
    if path == ("r", "dom") or path[:1] == ("p",):
        return "str"
    if len(path) == 3:
        return scheme.kind(path[1], path[2]) or ""
    return ""


_CHECKS: dict[type[ast.expr], Callable[..., Iterator[Fault]]] = {
    ast.BoolOp: _boolean,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.Attribute: _attribute,
    ast.Name: _name,
    ast.Call: _call,
    ast.Constant: _constant,
    ast.Tuple: _several,
    ast.List: _several,
}
