"""A run as the engine sees it: tokens, the visits of steps, values, and how it ended."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from incidents.domain.engine.states import Ending, Question, StepState, TokenState
from incidents.domain.engine.values import Values

ROOT = "0"


class Key(NamedTuple):
    """One visit of a step by a token; a person who asks for a retry makes the next visit."""

    token: str
    step: str
    visit: int

    @property
    def scope(self) -> str:
        """Return the name of the scope that variables of this visit live in."""
        return f"{self.token} {self.step} {self.visit}"


@dataclass(slots=True)
class Token:
    """Walks along the steps; ``path`` names it, ``owner`` is the branching step that sent it."""

    path: str
    at: str
    owner: Key | None = None
    state: TokenState = TokenState.LIVE

    @property
    def parent(self) -> str:
        """Return the path of the token that its owner stands on."""
        return self.owner.token if self.owner else ""


@dataclass(slots=True)
class Step:
    """One visit. ``order`` is the command it is at, ``until`` where its card's commands end."""

    key: Key
    state: StepState
    began_at: datetime
    order: int = 0
    until: int = 0
    loops: int = 0
    loops_allowed: int = 0
    due_at: datetime | None = None
    deadline_at: datetime | None = None
    ended_at: datetime | None = None
    question: Question = Question.NONE
    reason: str = ""


@dataclass(slots=True)
class State:
    """The live part of a run: what ended without trace in a later decision is left out.

    Tokens that failed stay until their siblings are done.
    """

    values: Values
    tokens: dict[str, Token] = field(default_factory=dict)
    steps: dict[Key, Step] = field(default_factory=dict)
    is_exception: bool = False
    ending: Ending = Ending.OPEN
