"""Zones and conduits after IEC 62443-3-2: security levels, permitted directions, findings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from catalog.domain.assets import OT_KINDS, AssetKind

UNUSED_DAYS = 90
"""A conduit that carried no observed flow for so long is a finding."""

ZONED_KINDS = frozenset({AssetKind.SYSTEM}) | OT_KINDS
"""Kinds counted in a zone one by one: systems and devices. Data have the zone of their system."""


class Requirement(StrEnum):
    """The seven foundational requirements of IEC 62443-1-1, in the order of the standard."""

    IAC = "iac"
    UC = "uc"
    SI = "si"
    DC = "dc"
    RDF = "rdf"
    TRE = "tre"
    RA = "ra"

    @property
    def words(self) -> str:
        """The requirement in words."""
        return _WORDS[self]


_WORDS: Mapping[Requirement, str] = MappingProxyType(
    {
        Requirement.IAC: "identification and authentication control",
        Requirement.UC: "use control",
        Requirement.SI: "system integrity",
        Requirement.DC: "data confidentiality",
        Requirement.RDF: "restricted data flow",
        Requirement.TRE: "timely response to events",
        Requirement.RA: "resource availability",
    }
)
HIGHEST = 4


class PurdueLevel(StrEnum):
    """Levels of the Purdue reference model; 3.5 is the industrial DMZ between plant and office."""

    PROCESS = "0"
    CONTROL = "1"
    SUPERVISION = "2"
    OPERATIONS = "3"
    DMZ = "3.5"
    SITE = "4"
    ENTERPRISE = "5"


class Direction(StrEnum):
    """Which way data may cross the border between a zone and a conduit, seen from the zone."""

    BOTH = "both"
    OUT = "out"
    IN = "in"


@dataclass(frozen=True, slots=True)
class SecurityLevel:
    """A security level 0 to 4 for each of the seven requirements, in their order.

    Raises:
        ValueError: not seven whole numbers from 0 to 4.
    """

    values: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.values) != len(Requirement) or not all(
            isinstance(value, int) and 0 <= value <= HIGHEST for value in self.values
        ):
            raise ValueError(f"a security level is seven numbers from 0 to 4, not {self.values}")

    @classmethod
    def of(cls, values: Sequence[int] | None) -> "SecurityLevel | None":
        """Read what is stored; None means that nobody has stated it, which is not zero."""
        return None if values is None else cls(tuple(values))

    def __getitem__(self, requirement: Requirement) -> int:
        return self.values[list(Requirement).index(requirement)]

    def meets(self, target: "SecurityLevel") -> bool:
        """Return whether every requirement reaches ``target``; an order that is only partial."""
        return not self.gaps(target)

    def gaps(self, target: "SecurityLevel") -> "tuple[Gap, ...]":
        """Return where this level stays below ``target``, in the order of the requirements."""
        return tuple(
            Gap(requirement, mine, aim)
            for requirement, mine, aim in zip(Requirement, self.values, target.values, strict=True)
            if mine < aim
        )

    def weakest(self, target: "SecurityLevel") -> tuple[int, int]:
        """Return achieved and target of the requirement that is furthest below its target.

        With no gap that is the one with the least to spare; of equals the lower target.
        """
        pairs = zip(self.values, target.values, strict=True)
        mine, aim = min(pairs, key=lambda pair: (pair[0] - pair[1], pair[1]))
        return mine, aim


@dataclass(frozen=True, slots=True)
class Gap:
    """A requirement whose achieved level is below the target."""

    requirement: Requirement
    achieved: int
    target: int

    @property
    def text(self) -> str:
        """The gap in words, as in "restricted data flow 1 of 2"."""
        return f"{self.requirement.words} {self.achieved} of {self.target}"


class FindingKind(StrEnum):
    """What can be wrong with a segmentation."""

    UNDECLARED_FLOW = "undeclared_flow"
    SAFETY_TO_UNTRUSTED = "safety_to_untrusted"
    BELOW_TARGET = "below_target"
    WITHOUT_ZONE = "without_zone"
    UNUSED_CONDUIT = "unused_conduit"


class Severity(StrEnum):
    """How much a finding matters."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


SEVERITY: Mapping[FindingKind, Severity] = MappingProxyType(
    {
        FindingKind.UNDECLARED_FLOW: Severity.HIGH,
        FindingKind.SAFETY_TO_UNTRUSTED: Severity.HIGH,
        FindingKind.BELOW_TARGET: Severity.MEDIUM,
        FindingKind.WITHOUT_ZONE: Severity.MEDIUM,
        FindingKind.UNUSED_CONDUIT: Severity.LOW,
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, with the records that it speaks of.

    ``zones`` are those it touches; ``flow`` and ``conduit`` are keys of the records, and
    ``assets`` how many assets it is about.
    """

    kind: FindingKind
    title: str
    why: str
    lines: tuple[str, ...] = ()
    """The same in short lines, for the box on the map."""
    zones: tuple[int, ...] = ()
    flow: int | None = None
    conduit: int | None = None
    assets: int = 0

    @property
    def severity(self) -> Severity:
        """How much findings of this kind matter."""
        return SEVERITY[self.kind]


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Return the gravest first, then by kind and title."""
    weight, kinds = list(Severity), list(FindingKind)
    return sorted(findings, key=lambda f: (weight.index(f.severity), kinds.index(f.kind), f.title))


def protocol(name: str) -> str:
    """Return the name of a protocol as it is stored and compared: "OPC UA", "MODBUS/TCP".

    Raises:
        ValueError: it is empty, or longer than 40 characters.
    """
    clean = " ".join(name.split()).upper()
    if not 0 < len(clean) <= 40:
        raise ValueError("a protocol has a name of 1 to 40 characters")
    return clean


@dataclass(frozen=True, slots=True)
class Border:
    """What a conduit permits: which zones it joins, which way, and which protocols."""

    zones: Mapping[int, Direction]
    protocols: frozenset[str]

    def permits(self, source: int, target: int, name: str) -> bool:
        """Return whether a flow of protocol ``name`` may pass from zone to zone."""
        leaves = self.zones.get(source) in (Direction.BOTH, Direction.OUT)
        enters = self.zones.get(target) in (Direction.BOTH, Direction.IN)
        return leaves and enters and name in self.protocols

    def joins(self) -> bool:
        """Return whether there is a way from one of its zones to another."""
        return any(
            source != target and self.permits(source, target, name)
            for source in self.zones
            for target in self.zones
            for name in self.protocols
        )


def unused(idle: timedelta | None, known_for: timedelta) -> bool:
    """Return whether a conduit counts as unused.

    ``idle`` is the time since a permitted flow was observed, None if never;
    ``known_for`` is how long the conduit exists: a new one gets its 90 days too.
    """
    limit = timedelta(days=UNUSED_DAYS)
    return known_for > limit and (idle is None or idle > limit)
