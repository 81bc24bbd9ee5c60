"""Cards: done, cannot be done, decided, handed over. The update is its own lock."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Refused
from incidents.actions import noting, stepping, timing
from incidents.domain.cards import HOLDERS, CardState
from incidents.domain.clocks import wall
from incidents.domain.engine.advancing import Late, NoChoice
from incidents.domain.engine.events import Answered
from incidents.domain.engine.state import Key
from incidents.domain.engine.states import Question
from incidents.domain.engine.values import MAX_VALUE, Clash, typed
from incidents.errors import AlreadyDone, NoSuchChoice, ReasonMissing, ValueUnfit
from incidents.models import Card, EntryKind, Run, StepRun
from incidents.permissions import Act
from incidents.queries import people

_NEEDS_REASON = {"continue", "retry", "abort"}


@transaction.atomic
def finish(
    card: Card,
    *,
    by: Actor,
    at: datetime,
    note: str = "",
    values: Mapping[str, str] | None = None,
) -> Card:
    """Tick ``card``; the time of the next step begins. ``values`` fill what it asks for.

    Raises:
        NotAllowed: ``by`` may not tick steps here.
        AlreadyDone: somebody finished it before.
        ValueUnfit: a value does not fit what is asked for.
        NoSuchChoice: it is a question and takes an answer.
        IncidentEnded: the incident was closed or dismissed.
    """
    if card.question:
        raise NoSuchChoice(f"Answer it: {', '.join(card.options)}.")
    given = _fitting(card, values or {})
    return _end(card, CardState.DONE, noting.clean(note), by=by, at=at, values=given)


@transaction.atomic
def decide(card: Card, choice: str, *, by: Actor, at: datetime, note: str = "") -> Card:
    """Answer the question of ``card``; the runbook goes on from there.

    Raises:
        NotAllowed: ``by`` may not decide here.
        NoSuchChoice: the question does not offer that.
        ReasonMissing: how a failure goes on, and whether something happened, want a reason.
        AlreadyDone: somebody answered it before.
        IncidentEnded: the incident was closed or dismissed.
    """
    note = noting.clean(note)
    if not card.question or choice not in card.options:
        raise NoSuchChoice(f"Answers are: {', '.join(card.options) or 'none, it is a step'}.")
    if not note and (choice in _NEEDS_REASON or card.question == Question.UNKNOWN):
        raise ReasonMissing("Say how you know, or why: nobody can see it later.")
    return _end(card, CardState.DONE, note, by=by, at=at, choice=choice)


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


def _end(
    card: Card,
    state: CardState,
    note: str,
    *,
    by: Actor,
    at: datetime,
    choice: str = "",
    values: Mapping[str, str | None] | None = None,
) -> Card:
    require(by, Act.CARD_DECIDE if choice else Act.CARD_FINISH, card, at=at)
    incident = timing.lock(card.run.incident)
    run = stepping.lock(card.run_id)
    ended = Card.objects.waiting().filter(pk=card.pk)
    if not ended.update(state=state, done_at=at, done_by=by.ref, note=note, answer=choice):
        raise _done(card, at=at)
    how = choice or ("done" if state is CardState.DONE else "cannot be done")
    text = _with(f"Step {card.number} {how}: {card.title}", note)
    noting.append(incident, EntryKind.STEP, text, by=by, at=at)
    word = choice or ("done" if state is CardState.DONE else "cannot")
    _go_on(card, run, Answered(_key(card), word, note, values or {}), by=by, at=at)
    act = Act.CARD_DECIDE if choice else Act.CARD_FINISH
    audit.record(
        by=by, act=act, ref=card.ref, at=at, state=state, answer=choice or None, note=note or None
    )
    card.refresh_from_db()
    return card


def _key(card: Card) -> Key:
    if card.step_run_id is None:
        raise AlreadyDone(
            "This card is older than the engine. Stop the runbook, and start it again."
        )
    token, step, visit = StepRun.objects.values_list("token__path", "step_id", "visit").get(
        cards=card
    )
    return Key(token, step, visit)


def _go_on(card: Card, run: Run, event: Answered, *, by: Actor, at: datetime) -> None:
    """Let the engine take the answer; its word is final on whether it was still asked for."""
    try:
        stepping.take(run, event, by=by, at=at)
    except Late as error:
        raise AlreadyDone(f"Step {card.number} is over in the meantime.") from error
    except NoChoice as error:
        raise NoSuchChoice(f"{event.choice!r} is no answer any more.") from error


def _fitting(card: Card, values: Mapping[str, str]) -> dict[str, str | None]:
    """Return the values that ``card`` asks for; one that is left out stays unknown."""
    found: dict[str, str | None] = {}
    for asked in card.asks:
        given = values.get(asked["name"], "").strip()
        if not given:
            continue
        try:
            typed(given, asked["type"])
        except Clash as error:
            raise ValueUnfit(f"{asked['about']}: {error}.") from error
        if len(given) > MAX_VALUE:
            raise ValueUnfit(f"{asked['about']}: longer than {MAX_VALUE:,} characters.")
        found[asked["name"]] = given
    return found


def _done(card: Card, *, at: datetime) -> AlreadyDone:
    """Say who was faster, and when, on the clock of the site."""
    card.refresh_from_db()
    if card.state == CardState.WITHDRAWN:
        return AlreadyDone(f"The runbook went another way: step {card.number} is not needed.")
    if card.done_at is None:
        return AlreadyDone(f"Step {card.number} changed in the meantime.")
    zone = ZoneInfo(card.run.incident.site.time_zone)
    did = "did this" if card.state == CardState.DONE else "said that this cannot be done"
    return AlreadyDone(
        f"{people.name(card.done_by)} {did} at {wall(card.done_at, zone=zone, at=at)}."
    )


def _with(text: str, note: str) -> str:
    return f"{text}. {note}" if note else text
