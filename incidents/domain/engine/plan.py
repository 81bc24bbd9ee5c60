"""A playbook as the engine walks it: steps by id, each with where it leads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from incidents.domain.engine.conditions import Condition
from incidents.domain.engine.states import Effect
from incidents.domain.engine.values import Variable


class StepType(StrEnum):
    """The step types of CACAO 2.0, chapter 4."""

    START = "start"
    END = "end"
    ACTION = "action"
    PLAYBOOK = "playbook-action"
    PARALLEL = "parallel"
    IF = "if-condition"
    SWITCH = "switch-condition"
    WHILE = "while-condition"


@dataclass(frozen=True, slots=True)
class Order:
    """One command for one target; ``uses`` names the variables that it needs a value of."""

    command: int
    target: str = ""
    effect: Effect = Effect.HUMAN
    approvals: int = 0
    uses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """One step. ``branches`` are labeled: the label is ``yes``, ``no``, a case, or a number.

    ``condition`` is None where people have to decide by ``asked``, the words of the document.
    """

    id: str
    number: int
    type: StepType
    name: str = ""
    following: str = ""
    on_failure: str = ""
    branches: tuple[tuple[str, str], ...] = ()
    orders: tuple[Order, ...] = ()
    delay: timedelta | None = None
    timeout: timedelta | None = None
    condition: Condition | None = None
    asked: str = ""
    subject: str = ""
    variables: Mapping[str, Variable] = field(default_factory=dict)
    playbook: str = ""
    in_args: tuple[str, ...] = ()
    out_args: tuple[str, ...] = ()

    def branch(self, label: str) -> str:
        """Return where the branch ``label`` begins, empty where there is none."""
        return next((step for name, step in self.branches if name == label), "")


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole playbook; ``exception`` is where failures go that nothing else takes."""

    start: str
    steps: Mapping[str, Planned]
    exception: str = ""
    variables: Mapping[str, Variable] = field(default_factory=dict)
