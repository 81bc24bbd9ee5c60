"""Where a dataset stands in its system, read from the names that OpenLineage prescribes.

Source: OpenLineage, *Naming*: databases name ``database.schema.table`` (some without the first
part), stores name paths, brokers name topics; the scheme of the namespace tells which.
"""

from __future__ import annotations

from dataclasses import dataclass

from catalog.domain.assets import AssetKind

_BROKERS = frozenset({"kafka", "pulsar", "pubsub", "kinesis", "eventhub", "mqtt", "nats"})
_STORES = frozenset(
    {"file", "s3", "s3a", "s3n", "gs", "hdfs", "abfs", "abfss", "wasb", "wasbs", "dbfs", "sftp"}
)
_TYPES = {
    "TABLE": AssetKind.TABLE,
    "VIEW": AssetKind.VIEW,
    "FILE": AssetKind.FILE,
    "TOPIC": AssetKind.TOPIC,
    "STREAM": AssetKind.TOPIC,
    "MODEL": AssetKind.MODEL,
}


@dataclass(frozen=True, slots=True)
class Place:
    """Kind and path of a dataset; the path is a table's database and schema, then its name."""

    kind: AssetKind
    path: tuple[str, ...]

    @property
    def containers(self) -> tuple[tuple[AssetKind, tuple[str, ...]], ...]:
        """The databases and schemas above, outermost first."""
        above = self.path[:-1]
        kinds = (AssetKind.DATABASE, AssetKind.SCHEMA)[2 - len(above) :]
        return tuple((kind, above[: depth + 1]) for depth, kind in enumerate(kinds))


def place_of(namespace: str, name: str, *, stated: str = "") -> Place:
    """Return the place of a dataset; ``stated`` is the type of its ``datasetType`` facet.

    A table without a schema cannot stand in the tree as one; it becomes a feed.
    """
    scheme = namespace.split(":", 1)[0].lower()
    if scheme in _BROKERS:
        usual = AssetKind.TOPIC
    elif scheme in _STORES:
        usual = AssetKind.FILE
    else:
        usual = AssetKind.TABLE
    kind = _TYPES.get(stated, usual)
    if kind not in (AssetKind.TABLE, AssetKind.VIEW):
        return Place(kind, (name,))
    parts = name.split(".")
    if len(parts) < 2 or not all(parts):
        return Place(AssetKind.FILE if scheme in _STORES else AssetKind.FEED, (name,))
    if len(parts) == 2:
        return Place(kind, (parts[0], parts[1]))
    return Place(kind, (parts[0], ".".join(parts[1:-1]), parts[-1]))
