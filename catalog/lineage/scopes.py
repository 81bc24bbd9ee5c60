"""Names inside one query level: which relation and which column a name means."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.lineage.flows import JOIN, NOTHING, Flow, Influence, Relation, Rows, Source, merged

MOST_STEPS = 2_000_000
"""Values looked at for one view; a few KB of nested ``SELECT *`` could ask for billions."""
MOST_COLUMNS = 10_000
"""Columns of one relation inside a query."""

_SYSTEM_COLUMNS = frozenset({"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid", "oid"})
_SYSTEM_SCHEMAS = frozenset({"pg_catalog", "information_schema"})


class Unresolved(Exception):
    """Nothing can be said of the view's columns; the text says why, in one line."""


@dataclass(slots=True)
class Names:
    """The relations a query may name, and how its identifiers are compared."""

    relations: Mapping[Relation, Sequence[str]]
    folds_all: bool = False
    """Whether quoted names, too, are equal in any case (MySQL)."""
    path: Sequence[Relation] = ()
    """Schemas in which an unqualified name is sought."""
    dialect: str = "postgres"
    wider: Mapping[Relation, Sequence[str]] = field(default_factory=dict)
    """Relations that a query inside a string may name."""
    quoted: set[Source] = field(default_factory=set)
    """What queries inside strings read."""
    read: set[Relation] = field(default_factory=set)
    """Relations that stood in a FROM."""
    steps: int = 0
    _stored: dict[Relation, Rows] = field(default_factory=dict)
    _folded: dict[Relation, Relation] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Index the relations by their folded names, where names are folded."""
        if self.folds_all:
            for name in self.relations:
                self._folded.setdefault(tuple(part.lower() for part in name), name)
            self.path = [tuple(part.lower() for part in schema) for schema in self.path]

    def step(self, count: int = 1) -> None:
        """Count work, so that it ends.

        Raises:
            Unresolved: it was too much.
        """
        self.steps += count
        if self.steps > MOST_STEPS:
            raise Unresolved("too much to follow")

    def text(self, identifier: Any) -> str:
        """Return an identifier as it is compared: PostgreSQL folds what is not quoted."""
        if identifier is None:
            return ""
        if isinstance(identifier, str):  # of a malformed name, such as ``a..b``
            return identifier.lower()
        name = str(identifier.name)
        return name if identifier.args.get("quoted") and not self.folds_all else name.lower()

    def stored(self, name: Relation) -> Rows:
        """Return the rows of the stored relation called ``name``."""
        if name in self._stored:
            return self._stored[name]
        tries = [name] if len(name) > 1 else [*((*schema, *name) for schema in self.path), name]
        for sought in tries:
            known = self._folded.get(sought, sought)
            columns = self.relations.get(known)
            if columns is not None:
                self.read.add(known)
                names = [column.lower() for column in columns] if self.folds_all else columns
                flows = [Flow({(known, column): (0, "")}) for column in columns]
                found = Rows(names, flows, stored=known)
                break
        else:
            # With an empty search path PostgreSQL writes its own relations without their schema.
            is_own = name[0] in _SYSTEM_SCHEMAS or (len(name) == 1 and name[0].startswith("pg_"))
            missing = Flow(reason=f"{'.'.join(name)[:120]} is not known")
            found = Rows((), (), rest=NOTHING if is_own else missing)
        self._stored[name] = found
        return found


@dataclass(slots=True)
class Scope:
    """One SELECT: its relations by alias, in order, and the scopes around it."""

    names: Names
    outer: "Scope | None" = None
    tables: Mapping[str, Rows] = field(default_factory=dict)
    """Common table expressions in force."""
    sources: dict[str, Rows] = field(default_factory=dict)
    shared: dict[str, Flow] = field(default_factory=dict)
    """Columns that a join with USING made one."""
    influences: set[Influence] = field(default_factory=set)
    windows: dict[str, Any] = field(default_factory=dict)
    group_keys: frozenset[str] | None = None
    """Expressions the rows are grouped by; None without grouping."""

    def add(self, alias: str, rows: Rows) -> None:
        """Let ``alias`` mean ``rows``; its influences decide the rows of this scope too."""
        self.names.step(len(rows.names))
        if len(rows.names) > MOST_COLUMNS:
            raise Unresolved("too many columns")
        # Two relations of one name in different schemas: both stay, the first is meant.
        while alias in self.sources:
            alias += "\0"
        self.sources[alias] = rows
        self.influences |= rows.influences

    def column(self, table: str, name: str) -> Flow:
        """Return what the column ``name`` (of ``table``, or of any when that is empty) holds."""
        scope: Scope | None = self
        while scope is not None:
            found = scope._own(table, name)
            if found is not None:
                return found
            scope = scope.outer
        if name in _SYSTEM_COLUMNS:
            return NOTHING
        return Flow(reason=f"no column {f'{table}.{name}' if table else name}"[:160])

    def _own(self, table: str, name: str) -> Flow | None:
        if table:
            rows = self.sources.get(table)
            return rows.named(name) if rows is not None else None
        if name in self.shared:
            return self.shared[name]
        open_rows = None
        for rows in self.sources.values():
            if name in rows.names:
                return rows.named(name)
            if rows.rest is not None:
                open_rows = rows
        if name in self.sources:
            return self.sources[name].whole()
        return open_rows.rest if open_rows is not None else None

    def row(self, alias: str) -> Flow:
        """Return all columns of ``alias`` as one value."""
        scope: Scope | None = self
        while scope is not None:
            if alias in scope.sources:
                return scope.sources[alias].whole()
            scope = scope.outer
        return Flow(reason=f"no relation {alias}"[:160])

    def star(self, alias: str = "") -> Iterator[tuple[str, Flow]]:
        """Yield name and flow of each column that ``*`` or ``alias.*`` stands for.

        Raises:
            Unresolved: a relation's columns are not known, so positions cannot be counted.
        """
        if not alias:
            yield from self.shared.items()
        elif alias not in self.sources:
            raise Unresolved(f"no relation {alias}"[:160])
        for name, rows in self.sources.items():
            if alias not in ("", name):
                continue
            if rows.rest is not None and not rows.names:
                raise Unresolved(rows.rest.reason or f"the columns of {name[:80]} are not known")
            self.names.step(len(rows.names))
            for column, flow in zip(rows.names, rows.flows, strict=True):
                if alias or column not in self.shared:
                    yield column, flow

    def share(self, column: str, alias: str, side: str) -> None:
        """Join ``alias`` to what stands before it by ``column``, which both have.

        The joined column is the left one, of a RIGHT join the right one, of a FULL join
        whichever is there (SQL:2016, 7.10).
        """
        left = self.shared.get(column)
        if left is None:
            earlier = (rows for name, rows in self.sources.items() if name != alias)
            left = next((f for rows in earlier if (f := rows.named(column))), NOTHING)
        right = self.sources[alias].named(column) or NOTHING
        kept = {"RIGHT": [right], "FULL": [left, right]}.get(side, [left])
        self.shared[column] = merged(kept)
        self.influences |= left.steering(JOIN) | right.steering(JOIN)
