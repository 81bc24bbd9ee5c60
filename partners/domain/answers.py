"""What a supplier says of a vulnerability in its product: the statuses of VEX, and its reasons.

Sources: CISA "Minimum Requirements for VEX", OpenVEX 0.2.0, CycloneDX 1.6 ``analysis``, CSAF 2.0
section 3.2.3. A statement is a claim; whether it counts is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """The four statuses that every VEX format knows."""

    NOT_AFFECTED = "not_affected"
    AFFECTED = "affected"
    FIXED = "fixed"
    UNDER_INVESTIGATION = "under_investigation"

    @property
    def label(self) -> str:
        """Return how pages call it."""
        return self.value.replace("_", " ").capitalize()


class Justification(StrEnum):
    """Why a product is not affected (OpenVEX and CSAF share these)."""

    COMPONENT_NOT_PRESENT = "component_not_present"
    CODE_NOT_PRESENT = "vulnerable_code_not_present"
    CODE_NOT_IN_EXECUTE_PATH = "vulnerable_code_not_in_execute_path"
    CODE_NOT_CONTROLLED = "vulnerable_code_cannot_be_controlled_by_adversary"
    MITIGATED_INLINE = "inline_mitigations_already_exist"

    @property
    def label(self) -> str:
        """Return how pages call it."""
        return self.value.replace("_", " ").capitalize()


CYCLONEDX_STATES: Mapping[str, Status] = {
    "not_affected": Status.NOT_AFFECTED,
    "false_positive": Status.NOT_AFFECTED,
    "exploitable": Status.AFFECTED,
    "resolved": Status.FIXED,
    "resolved_with_pedigree": Status.FIXED,
    "in_triage": Status.UNDER_INVESTIGATION,
}
CYCLONEDX_JUSTIFICATIONS: Mapping[str, Justification] = {
    "code_not_present": Justification.CODE_NOT_PRESENT,
    "code_not_reachable": Justification.CODE_NOT_IN_EXECUTE_PATH,
    "requires_configuration": Justification.CODE_NOT_CONTROLLED,
    "requires_dependency": Justification.CODE_NOT_CONTROLLED,
    "requires_environment": Justification.CODE_NOT_CONTROLLED,
    "protected_by_compiler": Justification.MITIGATED_INLINE,
    "protected_at_runtime": Justification.MITIGATED_INLINE,
    "protected_at_perimeter": Justification.MITIGATED_INLINE,
    "protected_by_mitigating_control": Justification.MITIGATED_INLINE,
}
CSAF_STATUSES: Mapping[str, Status] = {
    "known_not_affected": Status.NOT_AFFECTED,
    "known_affected": Status.AFFECTED,
    "first_affected": Status.AFFECTED,
    "last_affected": Status.AFFECTED,
    "fixed": Status.FIXED,
    "first_fixed": Status.FIXED,
    "under_investigation": Status.UNDER_INVESTIGATION,
}


@dataclass(frozen=True, slots=True)
class Statement:
    """One claim as its document makes it.

    ``names`` are the ids of the vulnerability, ``subject`` names the component or the product
    (package URL, or ``ref`` of an SBOM's element); empty speaks of the whole product. ``token`` is
    the document's own word for status and justification, kept for a lossless export.
    """

    names: tuple[str, ...]
    status: Status
    subject: str = ""
    justification: Justification | None = None
    token: str = ""
    detail: str = ""
    action: str = ""
    stated_at: datetime | None = None
    place: str = ""

    @property
    def is_reasoned(self) -> bool:
        """A claim of not affected must say why; all others may stand alone."""
        return self.status is not Status.NOT_AFFECTED or bool(self.justification or self.detail)


@dataclass(frozen=True, slots=True)
class Document:
    """A VEX document: who says so, when, and what. ``skipped`` are statements without use."""

    format: str
    author: str
    version: str
    stated_at: datetime | None
    statements: tuple[Statement, ...]
    skipped: tuple[tuple[str, str], ...] = ()


def needs_review(status: Status, *, is_trusted: bool, contradicts: bool) -> bool:
    """Say whether a person must look before a claim counts.

    Only not affected ends a clock: from a partner whose answers the register trusts it counts at
    once. Authors who contradict one another are always looked at.
    """
    return contradicts or (status is Status.NOT_AFFECTED and not is_trusted)
