"""Enforcement points: the systems that ask for decisions, and what each may ask."""

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum

PREFIX = "wrk_"
"""Begins every key of ours, so that scanners of repositories can find one."""


class Scope(StrEnum):
    """What a caller may ask for."""

    EVALUATE = "evaluate"
    SEARCH = "search"
    EXPLAIN = "explain"
    REPORT = "report"
    """Send lineage events; it permits no question."""
    SIGNAL = "signal"
    """Send security events; it permits no question."""
    REQUEST = "request"
    """Ask for access in the name of one of our people who was refused it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and within which bounds.

    Attributes:
        slug: name of the enforcement point.
        scopes: which endpoints it may use; ``explain`` adds the deciding rule to answers.
        types: resource types that it may ask about; empty for all.
        assertable: attributes that it may claim, ``subject.department``, ``resource.*``,
            ``context.mfa``.
        rate: requests a minute.
        directory: stamp of the directory of entities, read in the same query.
        client: subject of the token, where tokens of an issuer say who asks.
    """

    slug: str
    scopes: frozenset[str]
    types: frozenset[str]
    assertable: frozenset[str]
    rate: int
    directory: str
    client: str = ""

    @property
    def ref(self) -> str:
        return f"pep:{self.slug}"

    def may_ask_about(self, resource_type: str) -> bool:
        return not self.types or resource_type in self.types

    def may_claim(self, of: str, attribute: str) -> bool:
        return f"{of}.{attribute}" in self.assertable or f"{of}.*" in self.assertable


def new_key() -> str:
    """Return a new key of 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(key: str) -> str:
    """Return what is stored of a key: SHA-256 suffices where the key itself is random."""
    return hashlib.sha256(key.encode()).hexdigest()
