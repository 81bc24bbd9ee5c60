"""A slow, plain reading of playbooks: a tree, walked by recursion."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.builders.engine import Book


@dataclass
class Node:
    """``kind`` act, if, parallel, switch or while; ``on_failure`` is a block, or None."""

    kind: str
    name: str
    blocks: list[list["Node"]] = field(default_factory=list)
    on_failure: list["Node"] | None = None
    is_human: bool = False
    is_failing: bool = False
    rounds: int = 0
    truth: str | None = None


class Excepted(Exception):
    """The failure went to the step for exceptions."""


class Stopped(Exception):
    """Somebody aborted."""


def grow(dice: Random, depth: int, names: list[int]) -> list[Node]:
    return [_node(dice, depth, names) for _ in range(dice.randint(1, 3))]


def _node(dice: Random, depth: int, names: list[int]) -> Node:
    names[0] += 1
    kinds = ["act", "act", "if", "parallel", "switch", "while"]
    kind = dice.choice(kinds) if depth else "act"
    node = Node(kind, f"{kind} {names[0]}")
    if dice.random() < 0.3:
        node.on_failure = [_node(dice, 0, names)]
    match kind:
        case "act":
            node.is_human, node.is_failing = dice.random() < 0.3, dice.random() < 0.25
        case "if":
            node.truth = dice.choice(["true", "false", None])
            node.blocks = [grow(dice, depth - 1, names) for _ in range(dice.choice([1, 2]))]
        case "switch":
            node.truth = dice.choice(["a", "b", "zzz", None])
            node.blocks = [grow(dice, depth - 1, names) for _ in range(2)]
        case "parallel":
            node.blocks = [grow(dice, depth - 1, names) for _ in range(dice.choice([2, 3]))]
        case "while":
            node.rounds = dice.randint(0, 3)
            node.blocks = [grow(dice, depth - 1, names)]
    return node


def answer(name: str, options: tuple[str, ...]) -> str:
    """Return what a person says to the question of a step: always the same."""
    offered = [one for one in options if one not in ("retry", "abort")]
    return offered[sum(map(ord, name)) % len(offered)]


def interpret(tree: list[Node], exception: list[Node] | None) -> tuple[str, Counter[str]]:
    """Return how the playbook ends, and how often each action was tried."""
    seen: Counter[str] = Counter()
    counters: Counter[str] = Counter()
    try:
        _block(tree, seen, counters, False, exception is not None)
    except Excepted:
        with suppress(Excepted):
            _block(exception or [], seen, counters, False, False, in_exception=True)
        return "failed", seen
    except Stopped:
        return "stopped", seen
    return "done", seen


def _block(
    block: list[Node],
    seen: Counter[str],
    counters: Counter[str],
    above: bool,
    excepts: bool,
    in_exception: bool = False,
) -> bool:
    """Return whether the block reached its end; False is a failure that somebody above takes."""
    for node in block:
        inner = above or node.on_failure is not None
        if _do(node, seen, counters, inner, excepts, in_exception):
            continue
        if node.on_failure is not None:
            if not _block(node.on_failure, seen, counters, above, excepts, in_exception):
                return False
        elif above:
            return False
        elif excepts or in_exception:
            raise Excepted
        else:
            assert answer(node.name, ("continue", "retry", "abort")) == "continue"
    return True


def _do(
    node: Node,
    seen: Counter[str],
    counters: Counter[str],
    inner: bool,
    excepts: bool,
    in_exception: bool,
) -> bool:
    def go(block: list[Node]) -> bool:
        # Only branching steps take failures from below.
        return _block(block, seen, counters, inner, excepts, in_exception)

    match node.kind:
        case "act":
            seen[node.name] += 1
            taken = inner or excepts
            return not node.is_failing or (node.is_human and not taken)
        case "parallel":
            reached = [go(block) for block in node.blocks]  # every one, whatever the others do
            return all(reached)
        case "if":
            is_true = node.truth == "true"
            if node.truth is None:
                is_true = answer(node.name, ("yes", "no")) == "yes"
            chosen = node.blocks[:1] if is_true else node.blocks[1:]
            return all(go(block) for block in chosen)
        case "switch":
            label = node.truth
            if label not in ("a", "b"):
                label = answer(node.name, ("a", "b", "none of them"))
            return go(node.blocks["ab".index(label)]) if label in ("a", "b") else True
        case _:
            while counters[node.name] < node.rounds:
                counters[node.name] += 1
                if not go(node.blocks[0]):
                    return False
            return True


def write(tree: list[Node], exception: list[Node] | None) -> dict[str, Any]:
    """Write the same playbook as a document."""
    book = Book()
    if exception is not None:
        book.exception = _chain(book, exception, book.end())
    return book.document(_chain(book, tree, book.end()))


def _chain(book: Book, block: list[Node], following: str) -> str:
    for node in reversed(block):
        following = _step(book, node, following)
    return following


def _step(book: Book, node: Node, following: str) -> str:
    nexts: dict[str, Any] = {"on_completion": following}
    if node.on_failure is not None:
        handler = _chain(book, node.on_failure, following)
        nexts = {"on_success": following, "on_failure": handler}
    name = f"__v{node.name.replace(' ', '')}__"
    match node.kind:
        case "act":
            kind = "manual" if node.is_human else "http-api"
            commands = [{"type": kind, "command": "POST /"}]
            return book.add(
                "action", node.name, agent=next(iter(book.agents)), commands=commands, **nexts
            )
        case "parallel":
            heads = [_chain(book, block, book.end()) for block in node.blocks]
            return book.add("parallel", node.name, next_steps=heads, **nexts)
        case "if":
            book.variables[name] = {"type": "bool", **_value(node.truth)}
            heads = [_chain(book, block, book.end()) for block in node.blocks]
            branches = dict(zip(("on_true", "on_false"), heads, strict=False))
            condition = f"{name}:value = true"
            return book.add("if-condition", node.name, condition=condition, **branches, **nexts)
        case "switch":
            book.variables[name] = {"type": "string", **_value(node.truth)}
            heads = [_chain(book, block, book.end()) for block in node.blocks]
            cases = dict(zip("ab", heads, strict=True))
            return book.add(
                "switch-condition", node.name, switch=f"{name}:value", cases=cases, **nexts
            )
        case _:
            book.variables[name] = {"type": "integer", "value": "0"}
            tick = Node("act", f"tick {node.name}")
            head = _chain(book, [tick, *node.blocks[0]], book.end())
            condition = f"{name}:value < {node.rounds}"
            return book.add(
                "while-condition", node.name, condition=condition, on_true=head, **nexts
            )


def _value(value: str | None) -> dict[str, str]:
    return {} if value is None else {"value": value}
