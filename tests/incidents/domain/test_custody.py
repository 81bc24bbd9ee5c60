"""What a chain of custody allows next."""

from datetime import date

import pytest

from incidents.domain.custody import Custody, CustodyAct, CustodyError, Step, check, fold

A, B = "user:a", "user:b"
DAY = date(2026, 11, 17)
Act = CustodyAct


def after(*steps: Step) -> Custody:
    return fold([Step(Act.RECEIVED, A), *steps])


def refuses(held: Custody, step: Step, words: str, *, reason: str = "", until: date = DAY) -> None:
    with pytest.raises(CustodyError, match=words):
        check(held, step, reason=reason, keep_until=until, on=DAY)


def allows(held: Custody, step: Step, *, reason: str = "x", until: date = DAY) -> None:
    check(held, step, reason=reason, keep_until=until, on=DAY)


def test_a_transfer_is_accepted_by_its_receiver_alone() -> None:
    refuses(after(), Step(Act.TRANSFERRED, B, A), "Whoever holds it")
    refuses(after(), Step(Act.TRANSFERRED, A, A), "another person")
    allows(after(), Step(Act.TRANSFERRED, A, B))
    offered = after(Step(Act.TRANSFERRED, A, B))
    assert (offered.holder, offered.offered_to, offered.is_complete) == (A, B, False)
    refuses(offered, Step(Act.ACCEPTED, A), "Only the person")
    refuses(offered, Step(Act.TRANSFERRED, A, "user:c"), "not accepted it yet")
    allows(offered, Step(Act.ACCEPTED, B))
    assert after(Step(Act.TRANSFERRED, A, B), Step(Act.ACCEPTED, B)).holder == B
    assert after(Step(Act.TRANSFERRED, A, B), Step(Act.DECLINED, B)) == after()


def test_a_seal_is_broken_with_a_reason() -> None:
    sealed = after(Step(Act.SEALED, A))
    refuses(after(), Step(Act.SEALED, B), "Whoever holds it seals")
    refuses(sealed, Step(Act.SEALED, A), "already")
    refuses(sealed, Step(Act.VIEWED, B), "why the seal is broken")
    allows(sealed, Step(Act.VIEWED, B))
    assert not after(Step(Act.SEALED, A), Step(Act.VIEWED, B)).is_sealed


def test_destruction_takes_time_no_hold_and_two_persons() -> None:
    ask = Step(Act.DESTRUCTION_ASKED, A)
    refuses(after(), ask, "kept until 2026-11-18", reason="x", until=date(2026, 11, 18))
    refuses(after(), ask, "Say why")
    refuses(after(Step(Act.HELD, B)), ask, "legal hold", reason="x")
    refuses(after(), Step(Act.DESTROYED, B), "first")
    asked = after(ask)
    refuses(asked, ask, "already", reason="x")
    refuses(asked, Step(Act.DESTROYED, A), "second person")
    allows(asked, Step(Act.DESTROYED, B), reason="")
    # A hold takes the decision back.
    assert after(ask, Step(Act.HELD, B), Step(Act.HOLD_LIFTED, B)).asked_by == ""
    gone = after(ask, Step(Act.DESTROYED, B))
    refuses(gone, Step(Act.VIEWED, A), "chain has ended")
    assert gone.is_complete


def test_what_is_held_does_not_leave() -> None:
    out = Step(Act.RELEASED, A, "State police")
    refuses(after(Step(Act.HELD, B)), out, "legal hold", reason="x")
    refuses(after(), out, "why")
    refuses(after(), Step(Act.RELEASED, B, "x"), "Whoever holds it", reason="x")
    allows(after(), out)
    refuses(after(), Step(Act.HELD, B), "which matter")
    refuses(after(), Step(Act.HOLD_LIFTED, B), "no legal hold", reason="x")
