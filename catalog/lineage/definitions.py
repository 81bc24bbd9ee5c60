"""What a DDL statement states, as plain values."""

from dataclasses import dataclass, field

from catalog.lineage.flows import Relation


@dataclass(frozen=True, slots=True)
class ColumnDefinition:
    name: str
    physical_type: str
    nullable: bool = True
    description: str = ""
    expression: str = ""
    """Of a generated column."""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    name: str
    columns: tuple[str, ...]
    target: Relation
    target_columns: tuple[str, ...]
    """Empty: those of the target's primary key."""


@dataclass(slots=True)
class TableDefinition:
    """A CREATE TABLE, or what an ALTER TABLE adds to one."""

    name: Relation
    columns: list[ColumnDefinition] = field(default_factory=list)
    primary_key: tuple[str, ...] = ()
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    description: str = ""
    parents: list[Relation] = field(default_factory=list)
    """Tables whose columns come first (INHERITS, LIKE)."""
    partition_of: Relation | None = None
    query: str = ""
    """Of CREATE TABLE AS."""
    dropped: list[str] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    altered: dict[str, tuple[str | None, bool | None]] = field(default_factory=dict)
    """Columns to their new type and whether they may be null; None: as before."""
    new_name: str = ""
    is_change: bool = False
    is_partitioned: bool = False
    is_foreign: bool = False
    is_temporary: bool = False


@dataclass(frozen=True, slots=True)
class ViewDefinition:
    name: Relation
    columns: tuple[str, ...]
    """As the statement names them; empty when the query does."""
    query: str
    is_materialized: bool
    is_temporary: bool


@dataclass(frozen=True, slots=True)
class Description:
    """A COMMENT ON."""

    kind: str
    """``schema``, ``relation`` or ``column``."""
    name: Relation
    text: str


@dataclass(frozen=True, slots=True)
class SearchPath:
    schemas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SchemaDefinition:
    name: str


@dataclass(frozen=True, slots=True)
class Removal:
    names: tuple[Relation, ...]


Definition = (
    TableDefinition | ViewDefinition | Description | SearchPath | SchemaDefinition | Removal
)
