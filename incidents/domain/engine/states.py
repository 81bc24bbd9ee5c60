"""The states of tokens, steps and runs, and the questions that wait for a person."""

from enum import StrEnum


class TokenState(StrEnum):
    """Where a token stands: at work, at its end, at a failure that goes up, or called off."""

    LIVE = "live"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


class StepState(StrEnum):
    """Where one visit of a step stands."""

    DELAYED = "delayed"
    READY = "ready"  # a command is to be sent, or under way
    APPROVAL = "approval"
    HUMAN = "human"
    DECISION = "decision"
    BRANCHING = "branching"
    CHILD = "child"  # another playbook runs for it
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"  # a person went on without it
    CANCELLED = "cancelled"

    @property
    def is_live(self) -> bool:
        """Whether something of it is still to come."""
        return self in LIVE


LIVE = (
    StepState.DELAYED,
    StepState.READY,
    StepState.APPROVAL,
    StepState.HUMAN,
    StepState.DECISION,
    StepState.BRANCHING,
    StepState.CHILD,
)

WAITING = tuple(one for one in LIVE if one not in (StepState.BRANCHING, StepState.CHILD))
"""Where something is to be done in the step itself, by a person or a machine."""


class Question(StrEnum):
    """What a person is asked when the playbook cannot go on by itself."""

    NONE = ""
    CONDITION = "condition"  # yes or no: the condition cannot be decided
    CASE = "case"  # which case: the value is unknown, or fits none
    CAP = "cap"  # a loop ran too often or too long: go on or stop
    FAILURE = "failure"  # nothing says where a failure goes: continue, retry, abort
    UNKNOWN = "unknown"  # did this happen? yes or no


class Ending(StrEnum):
    """How a run ended; OPEN while it has not."""

    OPEN = ""
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


class Effect(StrEnum):
    """What may be done again (the effect classes of docs/runbooks.md), safest first."""

    PURE = "pure"
    IDEMPOTENT = "idempotent"
    CHECKABLE = "checkable"
    AT_MOST_ONCE = "at_most_once"
    HUMAN = "human"

    @property
    def may_repeat(self) -> bool:
        """Whether sending it a second time does no more than sending it once."""
        return self in (Effect.PURE, Effect.IDEMPOTENT)
