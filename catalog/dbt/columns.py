"""Column lineage of a project's models, from their compiled SQL and the columns they read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from catalog.dbt.project import CompiledModel
from catalog.lineage.flows import FILTER, TRANSFORMS, WHOLE_ROW, Relation
from catalog.lineage.queries import Traced, trace
from catalog.lineage.scopes import Unresolved

_DIALECTS = {
    "postgres": "postgres",
    "redshift": "redshift",
    "snowflake": "snowflake",
    "bigquery": "bigquery",
    "spark": "spark",
    "databricks": "databricks",
    "duckdb": "duckdb",
    "trino": "trino",
    "mysql": "mysql",
    "clickhouse": "clickhouse",
    "sqlserver": "tsql",
}
"""Adapter of dbt to sqlglot's dialect; SQL of others is read as the standard's."""


@dataclass(frozen=True, slots=True)
class Columns:
    """A relation with its columns in order; numbers are those of assets."""

    asset: int
    path: Relation
    columns: Mapping[str, int]

    def find(self, name: str) -> int | None:
        """Return the column ``name``; databases may fold the case of names."""
        if name == WHOLE_ROW:
            return self.asset
        if name in self.columns:
            return self.columns[name]
        folded = {one.casefold(): number for one, number in self.columns.items()}
        return folded.get(name.casefold())


class ColumnEdge(NamedTuple):
    """One way between assets."""

    src: int
    dst: int
    kind: str
    transform: str
    mask: str


def column_lineage(
    models: Iterable[CompiledModel],
    relations: Mapping[str, Columns],
    reads: Mapping[str, Collection[str]],
) -> tuple[list[ColumnEdge], list[tuple[str, str]]]:
    """Return edges between assets, and (model, reason) of each that was not understood.

    What a model reads and its text does not explain becomes an opaque edge to the model.

    Args:
        relations: by source key.
        reads: source key of a relation to those of what dbt says that it depends on.
    """
    texts = {one.key: one for one in models}
    edges: dict[ColumnEdge, None] = {}
    reasons: list[tuple[str, str]] = []
    for key, sources in reads.items():
        if key not in relations:
            continue
        target = relations[key]
        known = {relations[one].path[-2:]: relations[one] for one in sources if one in relations}
        explained: set[int] = set()
        if key in texts:
            try:
                found = list(_traced(texts[key], target, known, reasons))
            except Unresolved as error:
                reasons.append((texts[key].unique_id, str(error)))
                found = []
            edges.update(dict.fromkeys(edge for edge, _ in found))
            explained = {source for _, source in found}
        for source in known.values():
            if source.asset not in explained and source.asset != target.asset:
                edges[ColumnEdge(source.asset, target.asset, "opaque", "", "")] = None
    return list(edges), reasons


def _traced(
    model: CompiledModel,
    target: Columns,
    known: Mapping[Relation, Columns],
    reasons: list[tuple[str, str]],
) -> Iterator[tuple[ColumnEdge, int]]:
    """Yield each edge with the relation that it explains."""
    names = {name: list(one.columns) for name, one in known.items()}
    path = sorted({name[:-1] for name in names})
    traced = trace(model.sql, names, dialect=_DIALECTS.get(model.dialect, ""), path=path)
    for name, flow in zip(traced.names, traced.columns, strict=True):
        if flow.reason:
            reasons.append((model.unique_id, flow.reason))
        column = target.find(name)
        dst = target.asset if column is None else column
        for (relation, source), (transform, mask) in sorted(flow.direct.items()):
            src = known[relation].find(source)
            is_exact = src is not None and source != WHOLE_ROW and column is not None
            src = known[relation].asset if src is None else src
            edge = (
                ColumnEdge(src, dst, "direct", TRANSFORMS[transform], mask)
                if is_exact
                else ColumnEdge(src, dst, "opaque", "", "")
            )
            yield edge, known[relation].asset
        for (relation, source), role in sorted(flow.indirect):
            src = known[relation].find(source) or known[relation].asset
            yield ColumnEdge(src, dst, "indirect", role, ""), known[relation].asset
    yield from _deciding(traced, target, known)


def _deciding(
    traced: Traced, target: Columns, known: Mapping[Relation, Columns]
) -> Iterator[tuple[ColumnEdge, int]]:
    """Yield what decides the rows; a relation without used columns does so too."""
    used = {source[0] for flow in traced.columns for source in flow.direct}
    used |= {source[0] for flow in traced.columns for source, _ in flow.indirect}
    used |= {source[0] for source, _ in traced.influences}
    whole = any(flow.reason for flow in traced.columns)
    present = set() if whole else {((one, WHOLE_ROW), FILTER) for one in traced.read - used}
    for (relation, source), role in sorted(traced.influences | present):
        src = known[relation].find(source) or known[relation].asset
        yield ColumnEdge(src, target.asset, "indirect", role, ""), known[relation].asset
