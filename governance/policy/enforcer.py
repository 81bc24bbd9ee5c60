"""Casbin's enforcer with its scan replaced by an index; what is not understood stays with Casbin.

Kept are Casbin's model, the order in which it loads rows, its functions and its effector.
A loaded enforcer never changes: another policy is another enforcer, other links are another
one that shares the rows (``with_links``). So a stale index cannot exist.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from threading import Lock
from time import time
from typing import Any, NoReturn

import casbin
from casbin import util
from casbin.effect import Effector as Effects
from casbin.effect import effect_to_bool
from casbin.model import Model
from casbin.persist import Adapter

from governance.domain.garbage import uncollected
from governance.domain.ranks import rank
from governance.policy.expressions import Names, NotUnderstood, parse
from governance.policy.filtering import Column, Reading
from governance.policy.index import (
    ALLOW,
    DENY,
    INDETERMINATE,
    Effector,
    Index,
    NeedsStock,
    Row,
    Verdict,
    Why,
)
from governance.policy.links import Link, Links
from governance.policy.plan import Plan

# Of Casbin's own functions, those that depend on nothing but their arguments.
_PURE = frozenset(
    {"keyMatch", "keyMatch2", "keyMatch3", "keyMatch4", "keyMatch5"}
    | {"regexMatch", "ipMatch", "globMatch", "rank"}
)
_STRANGERS = 10_000
# Stock Casbin inserts names while it reads, and parses with ast.parse, which in CPython 3.11
# fails with SystemError when two threads do it at once.
_evaluating = Lock()


class Timed(list[str]):
    """The columns of a row or link that holds from and until an instant, in seconds."""

    def __init__(self, values: Iterable[str], since: float = -inf, until: float = inf) -> None:
        super().__init__(values)
        self.since, self.until = since, until


class Lines(Adapter):  # type: ignore[misc]  # casbin ships no types
    """Rows and links that are at hand: ``("p", values)``, ``("g", values)``."""

    def __init__(self, lines: Iterable[tuple[str, Sequence[str]]]) -> None:
        self._lines = lines

    def load_policy(self, model: Model) -> None:
        for kind, values in self._lines:
            model[kind[0]][kind].policy.append(values)


@dataclass(slots=True)
class _Stock:
    """A stock enforcer with what holds from ``since`` until ``until``."""

    enforcer: casbin.Enforcer
    since: float
    until: float
    asked: int = 0


@lru_cache(maxsize=4)
def _plan(
    matcher: str,
    request: tuple[str, ...],
    row: tuple[str, ...],
    functions: tuple[tuple[str, Callable[..., Any]], ...],
    links: tuple[tuple[str, int], ...],
) -> Plan:
    """Read a matcher once: the tests of a policy build hundreds of engines of one model."""
    names = Names(request, row, dict(functions), dict(links))
    return Plan(matcher, names, effect="p_eft", normalize=normalize, pure=_PURE)


class CompiledEnforcer(casbin.Enforcer):  # type: ignore[misc]  # casbin ships no types
    """Answers as Casbin does, in a time that does not grow with the number of rows."""

    def __init__(self, model: Model, adapter: Adapter) -> None:
        """Load ``model`` with the rows and links of ``adapter``.

        Raises:
            RuntimeError, ValueError, KeyError, IndexError, TypeError: Casbin cannot read it.
        """
        self.delegated = ""
        self._is_loaded = False
        with uncollected():
            self._load(model, adapter)

    def _load(self, model: Model, adapter: Adapter) -> None:
        super().__init__(model, adapter, enable_log=False)
        self.fm.add_function("rank", rank)
        links = (
            Link(values[0], values[1], "".join(values[2:3]), *_window(values), kind)
            for kind, assertion in (self.model["g"] or {}).items()
            for values in (_cut(one, assertion) for one in assertion.policy)
        )
        self.links = Links(links)
        self._stock: _Stock | None = None
        self._refuse_spliced()
        try:
            self._index: Index | None = self._indexed()
        except NotUnderstood as error:
            self._index, self.delegated = None, str(error)
        self._is_loaded = True

    def with_links(self, links: Links) -> "CompiledEnforcer":
        """Return an enforcer with the same rows and other links."""
        after = copy(self)
        after.links, after._stock = links, None
        return after

    def decide(self, rvals: Sequence[Any], at: float) -> Verdict:
        """Decide a request at the instant ``at``, in seconds since 1970; errors are refusals."""
        index = self._index
        if index is None:
            return self._ask_stock(rvals, at)
        if not (index.is_timeless or index.holds_any(at)):
            if index.plan.reads_rows:
                return Verdict(False, Why.NO_RULE, None, [], None)
            return self._ask_stock(rvals, at)
        try:
            return index.decide(rvals, self.links, at)
        except NeedsStock:
            return self._ask_stock(rvals, at)

    def operands(self) -> frozenset[str] | None:
        """Return what of a request rows are found by, as Python; None where Casbin scans."""
        return self._index.plan.operands() if self._index else None

    def candidates(self, rvals: Sequence[Any], at: float) -> list[Row] | None:
        """Return the rows that apply to a request but for their conditions; None if unknown."""
        if self._index is None:
            return None
        return self._index.candidates(rvals, self.links, at)

    def reading(self, rvals: Sequence[Any], columns: Mapping[str, Column]) -> Reading:
        """Return a translator of conditions for a request whose record is not known yet."""
        names = self._names()
        values = dict(zip(names.request, rvals, strict=True))
        return Reading(names, values, columns, normalize)

    def enforce_ex(self, *rvals: Any) -> tuple[bool, list[str]]:
        """Return whether the request is allowed now, and the row that decided."""
        verdict = self.decide(rvals, time())
        return verdict.allow, list(verdict.hit.values) if verdict.hit else []

    def load_policy(self) -> None:
        """Load once, without building Casbin's role links."""
        if self._is_loaded:
            self._refuse()
        self.adapter.load_policy(self.model)
        self.model.sort_policies_by_subject_hierarchy()
        self.model.sort_policies_by_priority()

    def _indexed(self) -> Index:
        names = self._names()
        functions = tuple(sorted(names.functions.items()))
        links = tuple(names.links.items())
        matcher = _as_python(self.model["m"]["m"].value)
        plan = _plan(matcher, names.request, names.row, functions, links)
        rows = ((one, *_window(one)) for one in self.model["p"]["p"].policy)
        return Index(plan, rows, self._effector())

    def _names(self) -> Names:
        counts = {kind: len(one.tokens) for kind, one in (self.model["g"] or {}).items()}
        return Names(
            tuple(self.model["r"]["r"].tokens),
            tuple(self.model["p"]["p"].tokens),
            self.fm.get_functions(),
            {kind: count for kind, count in counts.items() if count < 4 and kind in self.rm_map},
        )

    def _refuse_spliced(self) -> None:
        """Refuse conditions that are none by themselves.

        Casbin splices the text into the matcher, where ``False) || (True`` lets anybody pass.

        Raises:
            ValueError: a row holds such a text.
        """
        columns = set(util.get_eval_value(self.model["m"]["m"].value))
        for name in columns & set(self.model["p"]["p"].tokens):
            at = self.model["p"]["p"].tokens.index(name)
            for text in {row[at] for row in self.model["p"]["p"].policy if at < len(row)}:
                try:
                    parse(normalize(text))
                except NotUnderstood as error:
                    raise ValueError(f"the condition {text[:80]!r} is {error}") from error

    def _effector(self) -> Effector:
        """Ask Casbin's effector about every set of effects there is."""
        named = (
            (ALLOW, Effects.ALLOW),
            (INDETERMINATE, Effects.INDETERMINATE),
            (DENY, Effects.DENY),
        )
        sets = [{effect for bit, effect in named if seen & bit} for seen in range(8)]
        return Effector(
            tuple(self.eft.intermediate_effect(one) != Effects.INDETERMINATE for one in sets),
            tuple(effect_to_bool(self.eft.final_effect(one)) for one in sets),
        )

    def _ask_stock(self, rvals: Sequence[Any], at: float) -> Verdict:
        with _evaluating:
            stock = self._stock
            if stock is None or not stock.since <= at < stock.until or stock.asked > _STRANGERS:
                stock = self._stock = self._stock_at(at)
            stock.asked += 1
            try:
                allow, explained = stock.enforcer.enforce_ex(*rvals)
            except Exception as error:  # noqa: BLE001 - a condition may raise anything; the answer is no
                return Verdict(False, Why.ENGINE, None, [], None, str(error)[:200])
        hit = Row(-1, explained, 0, None, -inf, inf) if explained else None
        return Verdict(
            allow, Why.RULE if hit or allow else Why.NO_RULE, hit, [hit] if hit else [], None
        )

    def _stock_at(self, at: float) -> _Stock:
        """Build a stock enforcer with the rows and links that hold at ``at``."""
        model = Model()
        for section, assertions in self.model.items():
            for key, assertion in assertions.items():
                text = assertion.value
                model.add_def(section, key, text)
        since, until = -inf, inf
        for kind, one in self.model["p"].items():
            for values in one.policy:
                window = _window(values)
                since, until = _narrowed(since, until, window, at)
                if window[0] <= at < window[1]:
                    model["p"][kind].policy.append(list(values))
        for link in self.links.every():
            since, until = _narrowed(since, until, (link.since, link.until), at)
            if link.since <= at < link.until:
                values = [link.child, link.parent, link.domain]
                model["g"][link.kind].policy.append(values[: len(model["g"][link.kind].tokens)])
        enforcer = casbin.Enforcer(model, enable_log=False)
        enforcer.add_function("rank", rank)
        enforcer.build_role_links()
        return _Stock(enforcer, since, until)

    def _refuse(self, *args: object, **kwargs: object) -> NoReturn:
        """Refuse to change what is loaded.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError("a loaded policy does not change: build another enforcer")


_CHANGES = ("add_", "build_", "clear_", "delete_", "enable_", "load_", "remove_", "set_", "update_")
for _name in dir(casbin.Enforcer):
    if _name.startswith(_CHANGES) and _name != "load_policy":
        setattr(CompiledEnforcer, _name, CompiledEnforcer._refuse)


def normalize(text: str) -> str:
    """Return the text of a row's condition as the Python that Casbin makes of it."""
    return _as_python(str(util.escape_assertion(text)))


def _as_python(text: str) -> str:
    """Write an expression as Casbin does before it parses: also within literals."""
    return re.sub(r"!(?!=)", "not ", text.replace("&&", "and").replace("||", "or"))


def _window(values: Sequence[str]) -> tuple[float, float]:
    return (values.since, values.until) if isinstance(values, Timed) else (-inf, inf)


def _narrowed(
    since: float, until: float, window: tuple[float, float], at: float
) -> tuple[float, float]:
    for instant in window:
        if instant <= at:
            since = max(since, instant)
        else:
            until = min(until, instant)
    return since, until


def _cut(values: Sequence[str], assertion: Any) -> Sequence[str]:
    """Return a link as Casbin takes it.

    Raises:
        RuntimeError: it has too few columns.
    """
    count = assertion.value.count("_")
    if len(values) < count or count < 2:
        raise RuntimeError("grouping policy elements do not meet role definition")
    return Timed(values[:count], *_window(values))
