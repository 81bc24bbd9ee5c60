"""A data contract as read. Values only; what the standard does not know stays in ``content``."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from catalog.documents.faults import Fault


class State(StrEnum):
    """What may be done with a document."""

    ACCEPTED = "accepted"
    DRAFT = "draft"
    """Readable, but something must be settled before it can come into force."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Relationship:
    """A reference to other properties, as the contract spells it: ``receivers.id``."""

    type: str
    sources: tuple[str, ...]
    """Empty where the property that states it is the source."""
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Property:
    """A column, or a field of a nested record."""

    pointer: str
    stable_id: str
    """``id`` of 3.1.0; survives renames."""
    name: str
    physical_name: str
    physical_type: str
    logical_type: str
    description: str
    required: bool
    unique: bool
    key_position: int | None
    """Place in the primary key, from one; None outside it."""
    classification: str
    is_critical: bool
    encrypted_name: str
    tags: tuple[str, ...]
    transform_sources: tuple[str, ...]
    transform_logic: str
    relationships: tuple[Relationship, ...]
    quality: tuple[dict[str, Any], ...]
    options: dict[str, Any]
    """``logicalTypeOptions``: length, range, format, time zone."""
    properties: tuple[Property, ...]
    """Nested fields; the items of a list of records stand here too."""
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class SchemaObject:
    """A table, view, topic or document."""

    pointer: str
    stable_id: str
    name: str
    physical_name: str
    physical_type: str
    logical_type: str
    description: str
    granularity: str
    tags: tuple[str, ...]
    properties: tuple[Property, ...]
    relationships: tuple[Relationship, ...]
    quality: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the team; dates are texts as written."""

    username: str
    role: str
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """One property of the service-level agreement."""

    property: str
    value: Any
    value_ext: Any
    unit: str
    element: str


@dataclass(frozen=True, slots=True)
class Contract:
    """The meaning of one document. Texts are empty where nothing is stated."""

    api_version: str
    id: str
    version: str
    name: str
    status: str
    domain: str
    tenant: str
    data_product: str
    objects: tuple[SchemaObject, ...]
    team_name: str
    members: tuple[Member, ...]
    service_levels: tuple[ServiceLevel, ...]
    servers: tuple[dict[str, Any], ...]
    content: dict[str, Any] = field(repr=False)
    """The whole document, unknown members included."""

    @property
    def owners(self) -> tuple[str, ...]:
        """Those of the team who own and have not left."""
        return tuple(
            one.username
            for one in self.members
            if "owner" in one.role.casefold() and not one.until and one.username
        )

    @property
    def content_hash(self) -> str:
        """SHA-256, in hex, of the content; the order of members does not count."""
        canonical = json.dumps(
            self.content, ensure_ascii=True, separators=(",", ":"), sort_keys=True
        )
        return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of a document: a contract, unless it is refused, and what was found."""

    state: State
    contract: Contract | None
    faults: tuple[Fault, ...]
    fault_count: int
    warnings: tuple[Fault, ...]
    warning_count: int

    @property
    def is_valid(self) -> bool:
        """Whether the standard's schema of the declared version finds nothing wrong."""
        return self.fault_count == 0
