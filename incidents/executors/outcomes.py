"""What is sent, and what came of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from incidents.cacao.canonical import canonical


class Outcome(StrEnum):
    """How a command went; UNKNOWN is the honest answer when no word came back."""

    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Result:
    """``values`` are for the variables of the step; ``may_retry`` says that it may go better."""

    outcome: Outcome
    said: str
    values: Mapping[str, str | None] = field(default_factory=dict)
    may_retry: bool = False


def digest(request: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of a rendered request in canonical form: what people approve."""
    return hashlib.sha256(canonical(dict(request))).hexdigest()


def key(run: int, path: str, step: str, visit: int, order: int, target: str) -> str:
    """Return the idempotency key of a command: the same over all retries."""
    words = [str(run), path, step, str(visit), str(order), target]
    return hashlib.sha256("\x1f".join(words).encode()).hexdigest()
