"""Who holds a piece of evidence, and what may be done with it next."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

RETAINED = timedelta(days=365)
"""How long evidence is kept at least, unless another day is named; no statute fixes one."""


class CustodyAct(StrEnum):
    """What happens to evidence. Each act is an entry of its chain, for good."""

    COLLECTED = "collected"
    RECEIVED = "received"
    VIEWED = "viewed"
    TRANSFERRED = "transferred"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    SEALED = "sealed"
    RELEASED = "released"
    HELD = "held"
    HOLD_LIFTED = "hold_lifted"
    DESTRUCTION_ASKED = "destruction_asked"
    DESTROYED = "destroyed"


@dataclass(frozen=True)
class Step:
    """One entry of a chain: who did what, and to whom it went."""

    act: CustodyAct
    by: str
    to: str = ""


@dataclass(frozen=True)
class Custody:
    """How a piece of evidence stands; ``offered_to`` has yet to accept it."""

    holder: str = ""
    offered_to: str = ""
    is_sealed: bool = False
    is_held: bool = False
    is_destroyed: bool = False
    asked_by: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether nothing hangs in the air: no offer, no destruction half decided."""
        return self.is_destroyed or not (self.offered_to or self.asked_by)


class CustodyError(ValueError):
    """An act that the chain does not allow; the message says why, and what would."""


def fold(chain: Iterable[Step]) -> Custody:
    """Return how things stand after ``chain``, which the rules have passed."""
    held = Custody()
    for step in chain:
        held = _after(held, step)
    return held


def _after(held: Custody, step: Step) -> Custody:
    match step.act:
        case CustodyAct.COLLECTED | CustodyAct.RECEIVED:
            return replace(held, holder=step.by)
        case CustodyAct.VIEWED:
            return replace(held, is_sealed=False)
        case CustodyAct.TRANSFERRED:
            return replace(held, offered_to=step.to)
        case CustodyAct.ACCEPTED:
            return replace(held, holder=step.by, offered_to="")
        case CustodyAct.DECLINED:
            return replace(held, offered_to="")
        case CustodyAct.SEALED:
            return replace(held, is_sealed=True)
        case CustodyAct.RELEASED:
            return replace(held, is_sealed=False)
        case CustodyAct.HELD:
            return replace(held, is_held=True, asked_by="")
        case CustodyAct.HOLD_LIFTED:
            return replace(held, is_held=False)
        case CustodyAct.DESTRUCTION_ASKED:
            return replace(held, asked_by=step.by)
        case CustodyAct.DESTROYED:
            return replace(held, is_destroyed=True, offered_to="")


def check(held: Custody, step: Step, *, reason: str, keep_until: date, on: date) -> None:
    """Refuse ``step`` where the chain does not allow it.

    Raises:
        CustodyError: the message says why.
    """
    if held.is_destroyed:
        raise CustodyError("It was destroyed: its chain has ended")
    match step.act:
        case CustodyAct.VIEWED if held.is_sealed and not reason:
            raise CustodyError("It is sealed: say why the seal is broken")
        case CustodyAct.TRANSFERRED:
            _transfer(held, step)
        case CustodyAct.ACCEPTED | CustodyAct.DECLINED if held.offered_to != step.by:
            raise CustodyError("Only the person it was handed to accepts or declines it")
        case CustodyAct.SEALED if held.holder != step.by:
            raise CustodyError("Whoever holds it seals it")
        case CustodyAct.SEALED if held.is_sealed:
            raise CustodyError("It is sealed already")
        case CustodyAct.RELEASED:
            _release(held, step, reason)
        case CustodyAct.HELD if held.is_held:
            raise CustodyError("It is under legal hold already")
        case CustodyAct.HOLD_LIFTED if not held.is_held:
            raise CustodyError("It is under no legal hold")
        case CustodyAct.HELD | CustodyAct.HOLD_LIFTED if not reason:
            raise CustodyError("Say for which matter")
        case CustodyAct.DESTRUCTION_ASKED | CustodyAct.DESTROYED:
            _destroy(held, step, reason, keep_until=keep_until, on=on)


def _transfer(held: Custody, step: Step) -> None:
    if held.holder != step.by:
        raise CustodyError("Whoever holds it hands it over")
    if held.offered_to:
        raise CustodyError("It was handed to somebody who has not accepted it yet")
    if not step.to or step.to == step.by:
        raise CustodyError("Name another person to hand it to")


def _release(held: Custody, step: Step, reason: str) -> None:
    if held.is_held:
        raise CustodyError("It is under legal hold: nothing leaves before the hold is lifted")
    if held.holder != step.by:
        raise CustodyError("Whoever holds it releases it")
    if not step.to or not reason:
        raise CustodyError("Say to whom it is released, and why")


def _destroy(held: Custody, step: Step, reason: str, *, keep_until: date, on: date) -> None:
    if held.is_held:
        raise CustodyError("It is under legal hold: nothing is destroyed before the hold is lifted")
    if on < keep_until:
        raise CustodyError(f"It is kept until {keep_until:%Y-%m-%d}")
    if step.act is CustodyAct.DESTRUCTION_ASKED:
        if held.asked_by:
            raise CustodyError("Its destruction is asked for already: a second person decides")
        if not reason:
            raise CustodyError("Say why it is destroyed")
        return
    if not held.asked_by:
        raise CustodyError("Somebody asks for its destruction first, and another person agrees")
    if held.asked_by == step.by:
        raise CustodyError("A second person agrees to the destruction")
