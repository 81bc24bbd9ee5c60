"""The tables and views that the statements of a script have built so far."""

from dataclasses import dataclass, field, replace

from catalog.harvest.derived import Dependency
from catalog.harvest.scripts import ScriptUnreadable
from catalog.lineage.definitions import (
    ColumnDefinition,
    Definition,
    Description,
    Removal,
    SchemaDefinition,
    SearchPath,
    TableDefinition,
    ViewDefinition,
)
from catalog.lineage.flows import Relation
from catalog.lineage.scopes import Unresolved

LONGEST_NAME = 255
"""Characters of one name; PostgreSQL cuts at 63 bytes, MySQL at 64 characters."""
MOST_COLUMNS = 200_000


@dataclass(slots=True)
class Table:
    name: Relation
    definition: TableDefinition | ViewDefinition
    columns: list[ColumnDefinition] = field(default_factory=list)
    primary_key: tuple[str, ...] = ()
    description: str = ""
    partitions: int = 0
    path: tuple[str, ...] = ()
    """Schemas in force when it was created."""
    depends: list[Dependency] = field(default_factory=list)

    @property
    def query(self) -> str:
        return self.definition.query


@dataclass(slots=True)
class Built:
    """What the statements so far have built."""

    default: str
    """Schema of what names none."""
    schemas: dict[str, str] = field(default_factory=dict)
    """Names and descriptions."""
    path: tuple[str, ...] = ()
    tables: dict[Relation, Table] = field(default_factory=dict)
    folded: dict[Relation, Relation] = field(default_factory=dict)
    """Partitions and what they are part of."""
    keys: list[tuple[Relation, str, tuple[str, ...], Relation, tuple[str, ...]]] = field(
        default_factory=list
    )
    count: int = 0

    def apply(self, definition: Definition | None) -> None:
        """Carry out one statement.

        Raises:
            Unresolved: what it speaks of is not there, or a name is too long.
        """
        match definition:
            case SearchPath(schemas):
                self.path = schemas
            case SchemaDefinition(name):
                self.schemas.setdefault(short(name), "")
            case ViewDefinition() if not definition.is_temporary:
                self._create(Table(self._home(definition.name), definition, path=self.path))
            case TableDefinition() if definition.is_change:
                self._change(definition)
            case TableDefinition() if not definition.is_temporary:
                self._table(definition)
            case Description():
                self._describe(definition)
            case Removal(names):
                for gone in names:
                    self.tables.pop(self._found(gone), None)

    def _home(self, name: Relation) -> Relation:
        """Return the two-part name of what is created as ``name``."""
        if not name:
            raise Unresolved("the name cannot be read")
        schema = name[-2] if len(name) > 1 else next(iter(self.path), self.default)
        return short(schema), short(name[-1])

    def _found(self, name: Relation) -> Relation:
        """Return the two-part name of what is already there as ``name``."""
        if len(name) == 1:
            for schema in (*self.path, self.default):
                if (schema, name[0]) in self.tables or (schema, name[0]) in self.folded:
                    return schema, name[0]
        return self._home(name)

    def _create(self, table: Table) -> None:
        self.count += len(table.columns)
        if self.count > MOST_COLUMNS:
            raise ScriptUnreadable(f"more than {MOST_COLUMNS:,} columns")
        self.schemas.setdefault(table.name[0], "")
        self.tables[table.name] = table

    def _table(self, definition: TableDefinition) -> None:
        name = self._home(definition.name)
        if definition.partition_of is not None:
            self._fold(name, self._found(definition.partition_of))
            return
        columns = [
            column for parent in definition.parents for column in self._known(parent).columns
        ]
        own = {column.name for column in definition.columns}
        columns = [column for column in columns if column.name not in own]
        table = Table(name, definition, description=definition.description, path=self.path)
        table.columns = [*columns, *map(checked, definition.columns)]
        self._create(table)
        self._constrain(table, definition)

    def _change(self, definition: TableDefinition) -> None:
        name = self._found(definition.name)
        if definition.partition_of is not None:
            self._fold(name, self._found(definition.partition_of))
            return
        if name in self.folded:
            self._link(name, definition)  # keys may be stated for each partition alone
            return
        if name not in self.tables:
            if definition.columns or definition.foreign_keys or definition.primary_key:
                raise Unresolved(f"{'.'.join(name)[:120]} is not known")
            return
        table = self.tables[name]
        dropped = set(definition.dropped)
        table.columns = [
            _changed(column, definition) for column in table.columns if column.name not in dropped
        ]
        table.columns += map(checked, definition.columns)
        self._constrain(table, definition)
        if definition.new_name:
            self._rename(table, (name[0], short(definition.new_name)))

    def _constrain(self, table: Table, definition: TableDefinition) -> None:
        table.primary_key = definition.primary_key or table.primary_key
        self._link(table.name, definition)

    def _link(self, source: Relation, definition: TableDefinition) -> None:
        for key in definition.foreign_keys:
            target = self._found(key.target)
            self.keys.append((source, key.name, key.columns, target, key.target_columns))

    def _rename(self, table: Table, name: Relation) -> None:
        self.keys = [
            (
                name if source == table.name else source,
                key,
                columns,
                name if target == table.name else target,
                names,
            )
            for source, key, columns, target, names in self.keys
        ]
        self.folded = {
            part: name if whole == table.name else whole for part, whole in self.folded.items()
        }
        del self.tables[table.name]
        table.name = name
        self.tables[name] = table

    def _fold(self, part: Relation, whole: Relation) -> None:
        self.tables.pop(part, None)
        self.folded[part] = whole

    def _known(self, name: Relation) -> Table:
        table = self.tables.get(self._found(name))
        if table is None:
            raise Unresolved(f"{'.'.join(name)[:120]} is not known")
        return table

    def _describe(self, definition: Description) -> None:
        if definition.kind == "schema":
            self.schemas[short(definition.name[-1])] = definition.text
        elif definition.kind == "relation":
            if self._found(definition.name) not in self.folded:
                self._known(definition.name).description = definition.text
        elif self._found(definition.name[:-1]) not in self.folded:
            table = self._known(definition.name[:-1])
            table.columns = [
                replace(column, description=definition.text)
                if column.name == definition.name[-1]
                else column
                for column in table.columns
            ]

    def root(self, name: Relation) -> Relation:
        """Return the table that ``name`` is folded into, or ``name``."""
        for _ in range(len(self.folded)):
            if name not in self.folded:
                break
            name = self.folded[name]
        return name


def _changed(column: ColumnDefinition, definition: TableDefinition) -> ColumnDefinition:
    kind, nullable = definition.altered.get(column.name, (None, None))
    return replace(
        column,
        name=definition.renamed.get(column.name, column.name),
        physical_type=column.physical_type if kind is None else kind,
        nullable=column.nullable if nullable is None else nullable,
    )


def short(name: str) -> str:
    """Return ``name``.

    Raises:
        Unresolved: it is empty or longer than `LONGEST_NAME`.
    """
    if not name or len(name) > LONGEST_NAME:
        raise Unresolved(f"a name of {len(name):,} characters")
    return name


def checked(column: ColumnDefinition) -> ColumnDefinition:
    """Return ``column`` unless its name is too long (Unresolved)."""
    short(column.name)
    return column
