"""The rows of a policy by what they must match, and the decision over those that were found."""

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache, partial
from itertools import chain
from math import inf
from operator import attrgetter
from typing import Any

from governance.policy import expressions
from governance.policy.expressions import AttributeMissing, Condition, NotUnderstood
from governance.policy.links import Closure, Links
from governance.policy.plan import Plan

ALLOW, INDETERMINATE, DENY = 1, 2, 4
_EFFECTS = {"allow": ALLOW, "deny": DENY}
_PLAIN = (int, float, bool, type(None), bytes, tuple, list, dict, set)
_NOTHING = object()
_FEW = 8
_ORDINAL = attrgetter("ordinal")


class NeedsStock(Exception):
    """Only stock Casbin can tell: a value of a type that may define its own equality."""


class Why(Enum):
    """What a verdict rests on."""

    RULE = "rule"
    NO_RULE = "no_rule"
    CONDITION = "condition"
    ATTRIBUTE_MISSING = "attribute_missing"
    TYPE = "type"
    ENGINE = "engine"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the policy, ready to be decided upon."""

    ordinal: int
    values: Sequence[str]
    effect: int
    condition: Condition | None
    since: float
    until: float


# The rows of one place by role.
Rows = tuple[tuple[str, list[Row]], ...] | dict[str, list[Row]]


@dataclass(slots=True)
class Verdict:
    """The answer, the rows it rests on, and the roles that led to them."""

    allow: bool
    why: Why
    hit: Row | None = None
    matched: list[Row] = field(default_factory=list)
    closure: Closure | None = None
    detail: str = ""
    is_free: bool = False
    """No row that was looked at has a condition: the keys alone decided."""


@dataclass(frozen=True, slots=True)
class Effector:
    """Casbin's effector as a table over the set of effects seen so far."""

    stops: tuple[bool, ...]
    allows: tuple[bool, ...]


class Index:
    """All rows of one version of a policy. It never changes."""

    def __init__(
        self, plan: Plan, rows: Iterable[tuple[Sequence[str], float, float]], effector: Effector
    ) -> None:
        """Index ``rows`` (values, since, until), in the order in which Casbin would try them.

        Raises:
            NotUnderstood: a condition in a row cannot be compiled.
        """
        self.plan = plan
        self._stops, self._allows = effector.stops, effector.allows
        self._kind = plan.role.kind if plan.role else None
        self._windows: list[tuple[float, float]] = []
        self.is_timeless = False
        tables: dict[tuple[bool, ...], dict[Any, Any]] = {}
        for ordinal, (values, since, until) in enumerate(rows):
            if len(values) != len(plan.names.row):
                raise NotUnderstood(f"row {ordinal} has {len(values)} columns")
            effect = ALLOW
            if plan.effect is not None:
                effect = _EFFECTS.get(values[plan.effect], INDETERMINATE)
            row = Row(ordinal, values, effect, plan.condition(values), since, until)
            mask = tuple(values[key.column] == key.wildcard for key in plan.keys)
            named = [values[key.column] for key in plan.keys if values[key.column] != key.wildcard]
            place = named[0] if len(named) == 1 else tuple(named)
            table = tables.setdefault(mask, {})
            if plan.role is not None:
                by_role = table.setdefault(place, {})
                by_role.setdefault(values[plan.role.column], []).append(row)
            else:
                table.setdefault(place, []).append(row)
            if (since, until) == (-inf, inf):
                self.is_timeless = True
            elif not self.is_timeless:
                self._windows.append((since, until))
        if plan.role is not None:
            tables = {mask: _packed(table) for mask, table in tables.items()}
        self._find = _finder(plan, tables)

    def holds_any(self, at: float) -> bool:
        """Say whether any row holds at ``at``: Casbin has a rule of its own for none."""
        return self.is_timeless or any(since <= at < until for since, until in self._windows)

    def candidates(self, rv: Sequence[Any], links: Links, at: float) -> list[Row]:
        """Return the rows that are found for ``rv`` at ``at``, whatever their conditions say."""
        subject, domain, found = self._find(rv)
        if self._kind is not None:
            closure = links.closure(self._kind, subject, domain, at)
            found = _of_roles(found, closure.roles)
        rows = sorted(chain.from_iterable(found), key=_ORDINAL)
        return [row for row in rows if row.since <= at < row.until]

    def decide(self, rv: Sequence[Any], links: Links, at: float) -> Verdict:
        """Decide the request ``rv`` (values in the order of the model) at ``at`` (seconds).

        Raises:
            NeedsStock: only stock Casbin can tell.
        """
        closure = None
        matched: list[Row] = []
        try:
            subject, domain, found = self._find(rv)
            if self._kind is None:
                buckets = found
            elif found:
                closure = links.closures.get((self._kind, subject, domain))
                if closure is None or not closure.since <= at < closure.until:
                    closure = links.closure(self._kind, subject, domain, at)
                buckets = _of_roles(found, closure.roles)
            else:
                return Verdict(self._allows[0], Why.NO_RULE, None, matched, None, "", True)
            if len(buckets) == 1:
                rows = buckets[0]
            else:
                rows = sorted(chain.from_iterable(buckets), key=_ORDINAL)
            seen, hit, is_near, is_free = 0, None, False, True
            for row in rows:
                if not row.since <= at < row.until:
                    continue
                if row.condition is not None:
                    is_free = False
                    if not row.condition(rv, row.values, partial(links.leads, at)):
                        is_near = True
                        continue
                seen |= row.effect
                hit = row
                matched.append(row)
                if self._stops[seen]:
                    break
        except NeedsStock:
            raise
        except Exception as error:  # noqa: BLE001 - a request may hold anything; the answer is no
            return Verdict(False, _why(error), None, [], closure, str(error)[:200])
        why = Why.RULE if hit else Why.CONDITION if is_near else Why.NO_RULE
        return Verdict(self._allows[seen], why, hit, matched, closure, "", is_free)


def _packed(table: Mapping[Any, dict[str, list[Row]]]) -> dict[Any, Rows]:
    """Write few roles as pairs: a dict for each place is what memory and caches pay for."""
    return {
        place: tuple(by_role.items()) if len(by_role) <= _FEW else by_role
        for place, by_role in table.items()
    }


def _of_roles(tables: Sequence[Rows], roles: Mapping[str, Any]) -> list[list[Row]]:
    """Return the rows of each role held; of many roles the fewer are walked."""
    found = []
    for table in tables:
        if isinstance(table, tuple):
            for role, rows in table:
                if role in roles:
                    found.append(rows)
        elif len(table) <= len(roles):
            found += [rows for role, rows in table.items() if role in roles]
        else:
            found += [table[role] for role in roles if role in table]
    return found


def _finder(
    plan: Plan, tables: Mapping[tuple[bool, ...], dict[Any, Any]]
) -> Callable[[Sequence[Any]], tuple[str, str, list[Any]]]:
    """Write the look-up out: reading the request by an interpreter would cost most of the time."""
    known: dict[str, Any] = {"plain": _plain, "held": _held, "scope": _scope, "refuse": _refuse}
    lines = list(_reading(plan))
    for number, (mask, table) in enumerate(tables.items()):
        named = [f"k{at}" for at, is_wild in enumerate(mask) if not is_wild]
        place = named[0] if len(named) == 1 else f"({', '.join(named)})"
        known[f"get{number}"] = table.get
        lines += [f"rows = f_get{number}({place})", "if rows is not None: found.append(rows)"]
    lines.append("return subject, domain, found")
    made: Callable[[Sequence[Any]], tuple[str, str, list[Any]]]
    made = expressions.written("find", "rv", "\n".join(lines), known)
    return made


@lru_cache(maxsize=4)
def _reading(plan: Plan) -> tuple[str, ...]:
    """Write out how the keys, the subject and the domain are read from a request."""
    size = len(plan.names.request)
    lines = [f"if len(rv) != {size}: f_refuse(rv)"]
    for number, key in enumerate(plan.keys):
        lines.append(f"k{number} = {_source(key.operand, plan)}")
        lines.append(f"if type(k{number}) is not str: k{number} = f_plain(k{number})")
    lines += ["subject = domain = ''", "found = []"]
    if plan.role is not None:
        lines.append(f"subject = {_source(plan.role.operand, plan)}")
        lines.append("if type(subject) is not str: subject = f_held(subject)")
        if plan.role.domain is not None:
            lines.append(f"domain = {_source(plan.role.domain, plan)}")
            lines.append("if type(domain) is not str: domain = f_scope(domain)")
    return tuple(lines)


def _source(operand: ast.expr, plan: Plan) -> str:
    return ast.unparse(expressions.reader(operand, plan.names))


def _refuse(rv: Sequence[Any]) -> None:
    """Leave a request of another size to Casbin: it may begin with a context of its own."""
    raise NeedsStock(f"a request of {len(rv)} values")


def _plain(value: object) -> object:
    """Return what stands for a value in a look-up: JSON but text equals no column."""
    if type(value) in _PLAIN:
        return _NOTHING
    raise NeedsStock(type(value).__name__)


def _held(value: object) -> object:
    """Return what stands for a subject: one that is no text holds no role."""
    hash(value)
    return _plain(value)


def _scope(value: object) -> str:
    """Return the domain as Casbin reads it."""
    _plain(value)
    return str(value)


def _why(error: Exception) -> Why:
    match error:
        case AttributeMissing():
            return Why.ATTRIBUTE_MISSING
        case TypeError():
            return Why.TYPE
    return Why.ENGINE
