"""Who acts, in which request, at which instant: known to every transaction.

The database backend reads this when a transaction begins and puts it into
transaction-local settings, so nothing that writes can forget it.
"""

import uuid
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from datetime import datetime

from governance.domain.actor import Actor
from governance.domain.decisions import Decision

OWN = "own"
"""The tenant of what belongs to no partner."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision to be recorded after its transaction: a refusal rolls that back."""

    actor: Actor
    act: str
    ref: str
    domain: str
    at: datetime
    decision: Decision
    inputs: dict[str, dict[str, object]] = field(default_factory=dict)
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Receipt:
    """An event that was written, and the hash under which it will stand in the tree."""

    event_id: int
    leaf_hash: bytes


@dataclass(slots=True)
class Context:
    actor: Actor
    at: datetime
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    decided: list[Decided] = field(default_factory=list)

    receipts: list[Receipt] = field(default_factory=list)

    keeps_head: bool = False
    """Whether all that is only shown may go by one look at which policy is in force."""
    head: tuple[int | None, uuid.UUID] | None = None

    def forget_head(self) -> None:
        """Look anew each time from now on: this very context changed what is in force."""
        self.keeps_head, self.head = False, None

    def settings(self) -> tuple[str, str, str, str]:
        """Return actor, request id, instant and tenant as the database is told them."""
        return self.actor.ref, self.request_id, self.at.isoformat(), self.actor.party or OWN


_current: ContextVar[Context | None] = ContextVar("wardroom_context", default=None)


def current() -> Context | None:
    return _current.get()


def enter(context: Context) -> Token[Context | None]:
    return _current.set(context)


def leave(token: Token[Context | None]) -> None:
    _current.reset(token)
