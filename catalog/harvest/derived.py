"""Lineage of harvested views and generated columns, as rows between source keys."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from catalog.domain.assets import AssetKind
from catalog.harvest.rows import AssetRow, LineageRow
from catalog.lineage.flows import FILTER, TRANSFORMS, WHOLE_ROW, Flow, Relation, Source
from catalog.lineage.queries import Traced, trace, trace_expression
from catalog.lineage.scopes import Unresolved


@dataclass(frozen=True, slots=True)
class Dependency:
    """What the source itself says that a view reads."""

    relation_key: str
    name: Relation
    """As it stands in the view's text; a partition's name may differ from its table's."""
    column: str | None
    """None: the relation, without naming a column; `WHOLE_ROW`: whatever the text says."""
    path: Sequence[Relation] = ()
    """Schemas in which the text's unqualified names are sought."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """What was found, without repetition, and what was not understood."""

    rows: tuple[LineageRow, ...]
    unparsed: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Stored:
    """The harvested relations: their columns' keys by name, in order."""

    columns: Mapping[str, Mapping[str, str]]
    names: Mapping[Relation, str]
    """Keys of the relations by schema and name."""
    all_columns: Mapping[Relation, Sequence[str]]

    def key(self, relation_key: str, column: str) -> str | None:
        if column == WHOLE_ROW:
            return relation_key
        return self.columns.get(relation_key, {}).get(column)


def lineage(
    rows: Sequence[AssetRow],
    depends: Mapping[str, Sequence[Dependency]],
    *,
    dialect: str = "postgres",
) -> Lineage:
    """Return the lineage of every view and generated column among ``rows``.

    Each view is read with the relations of its dependencies alone. What the SQL text gives
    must be among them, else it is dropped and reported; of what they name and the text does
    not give, how it is used is unknown, which is an opaque row.

    Args:
        rows: parents before their children.
        depends: by source key of the view.
        dialect: sqlglot's name of the SQL dialect.
    """
    fields: dict[str, list[AssetRow]] = defaultdict(list)
    relations: dict[str, AssetRow] = {}
    for row in rows:
        if row.kind is AssetKind.COLUMN and row.parent_key is not None:
            fields[row.parent_key].append(row)
        elif row.kind in (AssetKind.TABLE, AssetKind.VIEW):
            relations[row.source_key] = row
    columns = {key: {row.name: row.source_key for row in found} for key, found in fields.items()}
    keys = {row.path[-2:]: key for key, row in relations.items()}
    stored = _Stored(
        columns, keys, {name: list(columns.get(key, ())) for name, key in keys.items()}
    )
    found: dict[LineageRow, None] = {}
    unparsed: list[tuple[str, str]] = []
    for key, relation in relations.items():
        if relation.kind is AssetKind.VIEW or relation.definition:
            view = _View(relation, fields[key], depends.get(key, ()), stored)
            found.update(dict.fromkeys(view.read(dialect)))
            unparsed += view.unparsed
        else:
            found.update(dict.fromkeys(_generated(relation, fields[key], unparsed, dialect)))
    return Lineage(tuple(found), tuple(unparsed))


@dataclass(slots=True)
class _View:
    row: AssetRow
    columns: Sequence[AssetRow]
    depends: Sequence[Dependency]
    stored: _Stored
    unparsed: list[tuple[str, str]] = field(default_factory=list)
    quoted: frozenset[Source] = frozenset()

    def read(self, dialect: str) -> Iterator[LineageRow]:
        names = {item.name: item.relation_key for item in self.depends}
        seen: set[str] = set()
        strange: set[str] = set()
        stated = {(item.relation_key, item.column) for item in self.depends}
        # A row as a whole is read where the relation is; a script states no columns at all.
        stated |= {(item.relation_key, WHOLE_ROW) for item in self.depends}
        free = {item.relation_key for item in self.depends if item.column == WHOLE_ROW}
        for line, source in self._found(names, dialect):
            relation_key = names[source[0]]
            if relation_key not in free and (relation_key, source[1]) not in stated:
                strange.add(".".join(source[0]) + "." + source[1])
            elif line.source_key not in (line.target_key, self.row.source_key):
                seen.add(line.source_key)
                yield line
        for name in sorted(strange):
            self._report(self.row, f"{name} is in the text but not among the dependencies")
        for source in sorted(self.quoted):
            key = self.stored.key(self.stored.names[source[0]], source[1])
            if key is not None and key not in seen:
                yield LineageRow(key, self.row.source_key, "opaque")
        yield from self._opaque(seen)

    def _found(
        self, names: Mapping[Relation, str], dialect: str
    ) -> Iterator[tuple[LineageRow, Source]]:
        known = {name: list(self.stored.columns.get(key, {})) for name, key in names.items()}
        try:
            path = next((item.path for item in self.depends), ())
            traced = trace(
                self.row.definition,
                known,
                dialect=dialect,
                path=path,
                wider=self.stored.all_columns,
            )
            if len(traced.columns) != len(self.columns):
                raise Unresolved(
                    f"the text gives {len(traced.columns)} columns, not {len(self.columns)}"
                )
        except Unresolved as error:
            self._report(self.row, str(error))
            return
        self.quoted = traced.quoted
        for column, flow in zip(self.columns, traced.columns, strict=True):
            if flow.reason:
                self._report(column, flow.reason)
            for line, source in _lines(flow, column.source_key):
                key = self.stored.key(names[source[0]], source[1])
                if key is not None:
                    yield _with_source(line, key), source
        yield from self._deciding(traced, names)

    def _deciding(
        self, traced: Traced, names: Mapping[Relation, str]
    ) -> Iterator[tuple[LineageRow, Source]]:
        """Yield what decides the rows; a relation without used columns does so too."""
        used = {source[0] for flow in traced.columns for source in flow.direct}
        used |= {source[0] for flow in traced.columns for source, _ in flow.indirect}
        used |= {source[0] for source, _ in traced.influences}
        present = {((relation, WHOLE_ROW), FILTER) for relation in traced.read - used}
        for source, role in sorted(traced.influences | present):
            key = self.stored.key(names[source[0]], source[1])
            if key is not None:
                yield LineageRow(key, self.row.source_key, "indirect", role), source

    def _opaque(self, seen: set[str]) -> Iterator[LineageRow]:
        touched = {
            item.relation_key
            for item in self.depends
            if item.relation_key in seen
            or any(key in seen for key in self.stored.columns.get(item.relation_key, {}).values())
        }
        for item in self.depends:
            if item.column in (None, WHOLE_ROW):
                key = None if item.relation_key in touched else item.relation_key
            else:
                key = self.stored.key(item.relation_key, item.column)
            if key is not None and key not in seen:
                yield LineageRow(key, self.row.source_key, "opaque")

    def _report(self, row: AssetRow, reason: str) -> None:
        self.unparsed.append((row.fqn, reason))


def _lines(flow: Flow, target: str) -> Iterator[tuple[LineageRow, Source]]:
    """Yield the rows into one column, their source keys still to be filled in."""
    for source, (transform, mask) in sorted(flow.direct.items()):
        if source[1] == WHOLE_ROW:
            yield LineageRow("", target, "opaque"), source
        else:
            yield LineageRow("", target, "direct", TRANSFORMS[transform], mask), source
    for source, role in sorted(flow.indirect):
        yield LineageRow("", target, "indirect", role), source


def _with_source(line: LineageRow, key: str) -> LineageRow:
    return LineageRow(key, line.target_key, line.kind, line.transform, line.mask)


def _generated(
    table: AssetRow, columns: Iterable[AssetRow], unparsed: list[tuple[str, str]], dialect: str
) -> Iterator[LineageRow]:
    """Yield what the generated columns of ``table`` are made of, by their expressions."""
    keys = {column.name: column.source_key for column in columns}
    for column in columns:
        if not column.definition:
            continue
        try:
            flow = trace_expression(column.definition, table.path[1:], list(keys), dialect=dialect)
        except Unresolved as error:
            unparsed.append((column.fqn, str(error)))
            continue
        if flow.reason:
            unparsed.append((column.fqn, flow.reason))
        for line, source in _lines(flow, column.source_key):
            key = table.source_key if source[1] == WHOLE_ROW else keys[source[1]]
            if key != column.source_key:
                yield _with_source(line, key)
