"""What every harvester yields, whatever the source: canonical rows of assets and keys."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from catalog.domain.assets import AssetKind, fingerprint, qualified


@dataclass(frozen=True, slots=True)
class AssetRow:
    """One asset as its source states it."""

    kind: AssetKind
    source_key: str
    """Stable in the source, across renames: for PostgreSQL made of oids and column numbers."""
    parent_key: str | None
    path: tuple[str, ...]
    """Names from the database down to this asset."""
    physical_type: str = ""
    ordinal: int | None = None
    """Place among the columns, counted from one without gaps."""
    nullable: bool | None = None
    description: str = ""
    definition: str = ""
    """SQL text of a view, or the expression of a generated column."""
    key_position: int | None = None
    """Place of a column in the primary key, from one."""
    row_estimate: int | None = None
    """The source's own guess; None when it has never counted."""
    partitions: int = 0
    """Number of leaf partitions that are folded into this table."""

    @property
    def name(self) -> str:
        """The asset's own name."""
        return self.path[-1]

    @property
    def fqn(self) -> str:
        """The qualified name, database first."""
        return qualified(self.path)

    @property
    def fingerprint(self) -> str:
        """Hash of what is stated; estimates are left out, as they change without a change."""
        return fingerprint(
            self.kind,
            list(self.path),
            self.physical_type,
            self.ordinal,
            self.nullable,
            self.description,
            self.definition,
            self.key_position,
            self.partitions,
        )


@dataclass(frozen=True, slots=True)
class ForeignKeyRow:
    """A foreign key: source columns and the columns they refer to, in the same order."""

    name: str
    source_keys: tuple[str, ...]
    target_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LineageRow:
    """One way in which a source arrives in a derived relation, or steers it."""

    source_key: str
    target_key: str
    """Of a column; of the relation when the source decides its rows or is only known as read."""
    kind: Literal["direct", "indirect", "opaque"]
    transform: str = ""
    """Direct: identity, transformation, aggregation. Indirect: filter, join, group_by, sort,
    window, conditional. Empty for opaque: how is not known."""
    mask: str = ""
    """Direct only: hash, partial or year, when the whole way goes through it."""


@dataclass(frozen=True, slots=True)
class Harvested:
    """One snapshot of a source. Parents stand before their children."""

    rows: tuple[AssetRow, ...]
    foreign_keys: tuple[ForeignKeyRow, ...]
    complete: bool
    """Whether all of the declared scope was read; only then does absence mean *gone*."""
    unread: tuple[str, ...]
    """Qualified names of what could not be read."""
    server_version: str
    taken_at: datetime
    """By the source's clock."""
    lineage: tuple[LineageRow, ...] = ()
    """What derived columns and relations are made of."""
    unparsed: tuple[tuple[str, str], ...] = ()
    """Qualified name (or place in a file) and reason of each thing that was not understood."""
