"""Runbooks and the one step card as the room shows them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from incidents.domain.cards import HOLDERS, CardState, is_for
from incidents.models import Card, Run, RunState
from incidents.queries import runbooks
from incidents.web.times import left, moment

_ICONS = {
    CardState.OPEN: ("open", ""),
    CardState.HANDED_OVER: ("wait", "warn"),
    CardState.DONE: ("ok", "ok"),
    CardState.CANNOT: ("pause", "warn"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A step in the list of its runbook."""

    key: int
    number: int
    title: str
    why: str
    icon: str
    tone: str
    is_now: bool
    is_waiting: bool


@dataclass(frozen=True, slots=True)
class Book:
    """A runbook of this incident."""

    key: int
    name: str
    state: str
    done: int
    total: int
    digest: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """The card on top: what to do now."""

    key: int
    number: int
    total: int
    book: str
    is_mine: bool
    owner: str
    title: str
    why: str
    manual: tuple[str, ...]
    code: tuple[str, ...]
    due: str
    due_at: str
    tone: str
    handed: str
    others: tuple[str, ...]


def cards_of(runs: Iterable[Run]) -> list[Card]:
    """Return all steps of ``runs`` in order, in one query."""
    return list(Card.objects.filter(run__in=[run.pk for run in runs]).order_by("run_id", "number"))


def books(
    runs: Iterable[Run],
    cards: Collection[Card],
    names: Mapping[str, str],
    *,
    zone: ZoneInfo,
    at: datetime,
) -> tuple[Book, ...]:
    """Return the runbooks, the live ones first, then the newest."""
    found = []
    for run in sorted(runs, key=lambda one: (one.state != RunState.RUNNING, -one.pk)):
        mine = [card for card in cards if card.run_id == run.pk]
        first = next((card.pk for card in mine if CardState(card.state).is_waiting), None)
        done = sum(not CardState(card.state).is_waiting for card in mine)
        live = run.state == RunState.RUNNING
        found.append(
            Book(
                key=run.pk,
                name=run.name,
                state="" if live else run.get_state_display().lower(),
                done=done,
                total=len(mine),
                digest=run.sha256[:8],
                lines=tuple(
                    _line(
                        card, names, is_now=live and card.pk == first, live=live, zone=zone, at=at
                    )
                    for card in mine
                ),
            )
        )
    return tuple(found)


def _line(
    card: Card,
    names: Mapping[str, str],
    *,
    is_now: bool,
    live: bool,
    zone: ZoneInfo,
    at: datetime,
) -> Line:
    state = CardState(card.state)
    icon, tone = _ICONS[state]
    why = card.owner
    if card.done_at is not None:
        when = moment(card.done_at, zone=zone, at=at)
        how = "" if state is CardState.DONE else "cannot be done, "
        why = f"{how}{names.get(card.done_by, card.done_by)}, {when.full}"
    elif state is CardState.HANDED_OVER:
        why = f"handed over to {card.owner}"
    if live and state.is_waiting and card.due_at is not None:
        why = f"{why}, due {moment(card.due_at, zone=zone, at=at).full}"
    if card.note:
        why = f"{why}: {card.note}"
    return Line(
        key=card.pk,
        number=card.number,
        title=card.title,
        why=why,
        icon="now" if is_now else icon,
        tone="" if is_now else tone,
        is_now=is_now,
        is_waiting=live and state.is_waiting,
    )


def choose(
    runs: Iterable[Run], cards: Collection[Card], held: Collection[str], wanted: int | None
) -> Card | None:
    """Return the step for the card on top.

    That is the one asked for, else the most urgent of those whose time runs: mine before
    those of others.
    """
    live = {run.pk for run in runs if run.state == RunState.RUNNING}
    waiting = [c for c in cards if c.run_id in live and CardState(c.state).is_waiting]
    for card in waiting:
        if card.pk == wanted:
            return card
    running = [card for card in waiting if card.due_at is not None] or waiting
    return min(
        running,
        key=lambda c: (not is_for(c.owner, held), c.due_at is None, c.due_at, c.run_id, c.number),
        default=None,
    )


def step(
    card: Card, shelf: Iterable[Book], held: Collection[str], *, zone: ZoneInfo, at: datetime
) -> Step:
    """Return the card on top as it reads."""
    due, tone = left(card.due_at, at=at) if card.due_at else ("", "")
    book = next(one for one in shelf if one.key == card.run_id)
    return Step(
        key=card.pk,
        number=card.number,
        total=book.total,
        book=book.name,
        is_mine=is_for(card.owner, held),
        owner=card.owner,
        title=card.title,
        why=card.why,
        manual=tuple(one["text"] for one in card.commands if one["type"] == "manual"),
        code=tuple(one["text"] for one in card.commands if one["type"] != "manual"),
        due=due,
        due_at=moment(card.due_at, zone=zone, at=at).full if card.due_at else "",
        tone=tone,
        handed=card.note if card.state == CardState.HANDED_OVER else "",
        others=tuple(name for name in HOLDERS if name != card.owner),
    )


def startable(runs: Iterable[Run]) -> list[tuple[str, str]]:
    """Return the approved runbooks that nobody works on, the core ones first."""
    live = {run.runbook for run in runs if run.state == RunState.RUNNING}
    return [one for one in runbooks.startable() if one[0] not in live]
