"""How much an SBOM tells, as a score from 0 to 100 with a remedy for each thing that is missing.

Fields: the minimum elements of the NTIA (2021: supplier, name, version, other identifier,
dependency relation, author, time), and hash, licence and tool, which BSI TR-03183-2 asks for.
What can be matched stands first and weighs most: it bounds what can be found at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a good SBOM tells. ``weight`` is its share of the score, in points."""

    name: str
    title: str
    weight: int
    remedy: str


FIELDS: tuple[Field, ...] = (
    Field(
        "matchable",
        "Can be matched",
        25,
        "Give each component a package URL of a type that advisories cover, with its version.",
    ),
    Field("name", "Name", 5, "Name each component."),
    Field("version", "Version", 15, "Give each component the exact version that is shipped."),
    Field("identifier", "Package URL", 10, "Give each component a package URL (purl)."),
    Field("supplier", "Supplier", 10, "Say who supplies each component."),
    Field("relation", "Dependency relation", 10, "State what each component depends on."),
    Field("hash", "Hash", 5, "Add a hash of each component's file."),
    Field("license", "License", 5, "Add the license of each component, as an SPDX id."),
    Field("author", "Author of the SBOM", 5, "Name who made the document, under authors."),
    Field("timestamp", "Time of the SBOM", 5, "Add the time when the document was made."),
    Field("tool", "Tool and its version", 5, "Name the tool that made the document."),
)


@dataclass(frozen=True, slots=True)
class Part:
    """How a field stands: ``have`` of ``of``, components or documents."""

    field: Field
    have: int
    of: int

    @property
    def share(self) -> float:
        """From 0 to 1; a document without components tells nothing of them."""
        return self.have / self.of if self.of else 0.0

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 means all."""
        return int(100 * self.have / self.of) if self.of else 0

    @property
    def remedy(self) -> str:
        """What to do, or empty text where nothing is missing."""
        return self.field.remedy if self.have < self.of or not self.of else ""


@dataclass(frozen=True, slots=True)
class Grade:
    """The score, and what it is made of."""

    parts: tuple[Part, ...]

    @property
    def score(self) -> int:
        """0 to 100, rounded down."""
        return int(sum(part.field.weight * part.share for part in self.parts) + 1e-9)

    def as_json(self) -> dict[str, list[int]]:
        """Return it as it is kept."""
        return {part.field.name: [part.have, part.of] for part in self.parts}


def of(counts: Mapping[str, int], *, components: int) -> Grade:
    """Return the grade of a document with so many ``components``.

    ``counts`` says for how many of them a field is told, and 0 or 1 for the document's own.
    """
    own = {"author", "timestamp", "tool"}
    sizes = [1 if field.name in own else components for field in FIELDS]
    told = [min(counts[field.name], size) for field, size in zip(FIELDS, sizes, strict=True)]
    return Grade(tuple(map(Part, FIELDS, told, sizes)))


def kept(parts: Mapping[str, Any]) -> Grade:
    """Return the grade from what ``as_json`` gave; a field that is new since counts as untold."""
    return Grade(tuple(Part(field, *map(int, parts.get(field.name, (0, 1)))) for field in FIELDS))
