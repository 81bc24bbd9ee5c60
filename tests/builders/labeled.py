"""Column names with labels made by people: Fides datasets, and schemas judged by hand."""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from catalog.detectors.names import propose
from catalog.domain.labels import PERSONAL, closure

DATASETS = ("db_dataset", "mailchimp_dataset", "postgres_example_test_dataset", "stripe_dataset")
JUDGED = Path(__file__).parents[1] / "catalog" / "detectors" / "judged.json"

_TABLE = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?([\w.\"]+)\s*\((.*?)\n\s*\)", re.S | re.I)
_COLUMN = re.compile(r"\"?([A-Za-z_]\w*)\"?\s+\"?[A-Za-z]")
_CLAUSES = frozenset({"CONSTRAINT", "PRIMARY", "CHECK", "FOREIGN", "UNIQUE"})


@dataclass(frozen=True, slots=True)
class Labeled:
    """A column, the names around it, and the categories that people gave it."""

    source: str
    path: tuple[str, ...]
    name: str
    categories: tuple[str, ...]

    @property
    def key(self) -> str:
        """Identity in a list of corrections."""
        return ".".join((self.source, *self.path, self.name))

    @property
    def is_personal(self) -> bool:
        """Whether people called it personal."""
        return any(PERSONAL in closure([category]) for category in self.categories)


@dataclass(frozen=True, slots=True)
class Score:
    """How a yes or no about persons compares with the labels."""

    hits: int
    false: int
    misses: int
    related: int
    """Hits whose category is the labeled one, a part of it or a whole."""

    @property
    def precision(self) -> float:
        """Share of the columns called personal that are."""
        return self.hits / (self.hits + self.false) if self.hits else 0.0

    @property
    def recall(self) -> float:
        """Share of the personal columns that were called so."""
        return self.hits / (self.hits + self.misses) if self.hits else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def fides(place: Path) -> list[Labeled]:
    """Return the labeled fields of the four datasets in ``place``, nested ones flattened."""
    found: list[Labeled] = []
    for name in DATASETS:
        content = yaml.safe_load((place / f"{name}.yml").read_text())
        for dataset in content["dataset"]:
            for collection in dataset["collections"]:
                found += _fields(name, (collection["name"],), collection["fields"])
    return found


def _fields(source: str, path: tuple[str, ...], fields: list[dict[str, Any]]) -> Iterator[Labeled]:
    for field in fields:
        if field.get("data_categories"):
            yield Labeled(source, path, field["name"], tuple(field["data_categories"]))
        yield from _fields(source, (*path, field["name"]), field.get("fields") or [])


def cleaned(labeled: Iterable[Labeled], corrections: Path) -> list[Labeled]:
    """Return ``labeled`` with the labels that the list at ``corrections`` gives instead.

    Raises:
        KeyError: the list names a field that does not exist.
    """
    content = json.loads(corrections.read_text())
    by_key = {
        key: tuple(group["categories"]) for group in content["groups"] for key in group["fields"]
    }
    rows = list(labeled)
    unknown = by_key.keys() - {row.key for row in rows}
    if unknown:
        raise KeyError(f"no such fields: {sorted(unknown)}")
    return [
        Labeled(row.source, row.path, row.name, by_key.get(row.key, row.categories)) for row in rows
    ]


def judged(place: Path, schema: str) -> list[Labeled]:
    """Return the columns of ``schema`` with our own judgment, open ones left out."""
    lists = json.loads(JUDGED.read_text())[schema]
    found: list[Labeled] = []
    for table, name in dict.fromkeys(_columns(place / schema)):
        path = f"{table}.{name}"
        if any(fnmatchcase(path, pattern) for pattern in lists["personal"]):
            found.append(Labeled(schema, (table,), name, (PERSONAL,)))
        elif not any(fnmatchcase(path, pattern) for pattern in lists["open"]):
            found.append(Labeled(schema, (table,), name, ("system",)))
    return found


def _columns(path: Path) -> Iterator[tuple[str, str]]:
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                yield row["cdmTableName"], row["cdmFieldName"]
        return
    for table, body in _TABLE.findall(path.read_text()):
        for line in body.splitlines():
            column = _COLUMN.match(line.strip())
            if column and column[1].upper() not in _CLAUSES:
                yield table.rpartition(".")[2].strip('"'), column[1]


def score(labeled: Iterable[Labeled]) -> Score:
    """Return how the detector of names does on ``labeled``."""
    hits = false = misses = related = 0
    for row in labeled:
        said = [
            one.category
            for one in propose(row.name, context=row.path)
            if PERSONAL in closure([one.category])
        ]
        hits += bool(row.is_personal and said)
        false += bool(said and not row.is_personal)
        misses += bool(row.is_personal and not said)
        near = any(a in closure([b]) or b in closure([a]) for a in said for b in row.categories)
        related += bool(row.is_personal and said and near)
    return Score(hits, false, misses, related)
