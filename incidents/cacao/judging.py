"""The verdict on a document: taken or refused, with every finding and its place."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from incidents.cacao import document, rules
from incidents.cacao.faults import Finding, Invalid, Level


class Outcome(StrEnum):
    """What becomes of a document."""

    ACCEPT = "accept"
    ACCEPT_WITH_WARNING = "accept-with-warning"
    REJECT_SCHEMA = "reject-schema"
    REJECT_SEMANTIC = "reject-semantic"


@dataclass(frozen=True, slots=True)
class Verdict:
    """``findings`` name what refuses it first; ``content`` is None for what is no document.

    ``sha256`` is the hex digest of the bytes as they came.
    """

    outcome: Outcome
    findings: tuple[Finding, ...]
    content: dict[str, Any] | None
    sha256: str

    @property
    def is_accepted(self) -> bool:
        return self.outcome in (Outcome.ACCEPT, Outcome.ACCEPT_WITH_WARNING)

    @property
    def fault(self) -> Finding | None:
        """Return the first finding that refuses it."""
        return next((one for one in self.findings if one.is_fault), None)


def judge(data: bytes) -> Verdict:
    """Return the verdict on the document ``data``; nothing of it is changed or run."""
    digest = hashlib.sha256(data).hexdigest()
    try:
        content = document.load(data)
    except Invalid as fault:
        found = Finding(fault.rule, fault.pointer, fault.message)
        return Verdict(Outcome.REJECT_SCHEMA, (found,), None, digest)
    findings = tuple(rules.findings(content))
    return Verdict(_outcome({one.level for one in findings}), findings, content, digest)


def _outcome(levels: set[Level]) -> Outcome:
    if Level.FORM in levels:
        return Outcome.REJECT_SCHEMA
    if Level.MEANING in levels:
        return Outcome.REJECT_SEMANTIC
    return Outcome.ACCEPT_WITH_WARNING if Level.WARNING in levels else Outcome.ACCEPT
