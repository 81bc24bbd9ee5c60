"""Cards: done, cannot be done, handed over. The update is its own lock."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Refused
from incidents.actions import noting, timing
from incidents.domain.cards import HOLDERS, CardState
from incidents.domain.clocks import wall
from incidents.errors import AlreadyDone, ReasonMissing
from incidents.models import Card, EntryKind, Run, RunState
from incidents.permissions import Act
from incidents.queries import people


@transaction.atomic
def finish(card: Card, *, by: Actor, at: datetime, note: str = "") -> Card:
    """Tick ``card``; the time of the next step begins.

    Raises:
        NotAllowed: ``by`` may not tick steps here.
        AlreadyDone: somebody finished it before.
        IncidentEnded: the incident was closed or dismissed.
    """
    return _end(card, CardState.DONE, noting.clean(note), by=by, at=at)


@transaction.atomic
def give_up(card: Card, *, by: Actor, at: datetime, note: str) -> Card:
    """Say that ``card`` cannot be done, and why; the runbook goes on after it.

    Raises:
        NotAllowed: ``by`` may not.
        ReasonMissing: no reason given.
        AlreadyDone: somebody finished it before.
        IncidentEnded: the incident was closed or dismissed.
    """
    if not note.strip():
        raise ReasonMissing("Say why it cannot be done: the next shift must know.")
    return _end(card, CardState.CANNOT, noting.clean(note), by=by, at=at)


@transaction.atomic
def hand_over(card: Card, *, to: str, by: Actor, at: datetime, note: str = "") -> Card:
    """Give ``card`` to another role; it waits there with the same due time.

    Raises:
        NotAllowed: ``by`` may not.
        Refused: the runbooks know no such role, or it has the card already.
        AlreadyDone: somebody finished it before.
        IncidentEnded: the incident was closed or dismissed.
    """
    require(by, Act.CARD_HAND, card, at=at)
    note = noting.clean(note)
    incident = timing.lock(card.run.incident)
    if to not in HOLDERS:
        raise Refused(f"Nobody answers for {to[:40]!r}. Roles: {', '.join(HOLDERS)}.")
    if to == card.owner:
        raise Refused(f"{to} has this step already.")
    moved = Card.objects.waiting().filter(pk=card.pk)
    if not moved.update(state=CardState.HANDED_OVER, handed_to=to, note=note):
        raise _done(card, at=at)
    text = f"Step {card.number} handed over to {to}: {card.title}"
    noting.append(incident, EntryKind.STEP, _with(text, note), by=by, at=at)
    audit.record(by=by, act=Act.CARD_HAND, ref=card.ref, at=at, to=to, note=note or None)
    card.refresh_from_db()
    return card


def _end(card: Card, state: CardState, note: str, *, by: Actor, at: datetime) -> Card:
    require(by, Act.CARD_FINISH, card, at=at)
    incident = timing.lock(card.run.incident)
    ended = Card.objects.waiting().filter(pk=card.pk)
    if not ended.update(state=state, done_at=at, done_by=by.ref, note=note):
        raise _done(card, at=at)
    how = "done" if state is CardState.DONE else "cannot be done"
    text = _with(f"Step {card.number} {how}: {card.title}", note)
    noting.append(incident, EntryKind.STEP, text, by=by, at=at)
    _advance(card.run, by=by, at=at)
    audit.record(by=by, act=Act.CARD_FINISH, ref=card.ref, at=at, state=state, note=note or None)
    card.refresh_from_db()
    return card


def _advance(run: Run, *, by: Actor, at: datetime) -> None:
    """Let the time of the next step run, or end the run after its last."""
    following = Card.objects.waiting().filter(run=run).order_by("number").first()
    if following is None:
        Run.objects.filter(pk=run.pk).update(state=RunState.DONE, ended_at=at)
        noting.append(
            run.incident, EntryKind.RUN, f"Runbook {run.name} worked through", by=by, at=at
        )
    elif following.due_at is None and following.allowed_seconds is not None:
        due_at = at + timedelta(seconds=following.allowed_seconds)
        Card.objects.filter(pk=following.pk).update(due_at=due_at)


def _done(card: Card, *, at: datetime) -> AlreadyDone:
    """Say who was faster, and when, on the clock of the site."""
    card.refresh_from_db()
    if card.done_at is None:
        return AlreadyDone(f"Step {card.number} changed in the meantime.")
    zone = ZoneInfo(card.run.incident.site.time_zone)
    did = "did this" if card.state == CardState.DONE else "said that this cannot be done"
    return AlreadyDone(
        f"{people.name(card.done_by)} {did} at {wall(card.done_at, zone=zone, at=at)}."
    )


def _with(text: str, note: str) -> str:
    return f"{text}. {note}" if note else text
