"""Runbooks and the one step card as the room shows them."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from incidents.actions import plans
from incidents.domain.cards import HOLDERS, CardState, is_for
from incidents.domain.engine import outlook
from incidents.domain.engine.plan import Planned, StepType
from incidents.domain.engine.state import ROOT
from incidents.models import Card, Run, RunState, Token
from incidents.queries import runbooks
from incidents.web.times import left, moment

_ICONS = {
    CardState.OPEN: ("open", ""),
    CardState.HANDED_OVER: ("wait", "warn"),
    CardState.DONE: ("ok", "ok"),
    CardState.CANNOT: ("pause", "warn"),
    CardState.WITHDRAWN: ("pause", ""),
}
_WORDS = ("manual", "act")
_AHEAD = {
    StepType.IF: "one of two ways",
    StepType.SWITCH: "one of several ways",
    StepType.PARALLEL: "side by side",
    StepType.WHILE: "again and again while it holds",
    StepType.PLAYBOOK: "another runbook",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A step in the list of its runbook; ``key`` is 0 for one that is still ahead."""

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
    is_live: bool


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
    options: tuple[str, ...]
    asks: tuple[dict[str, str], ...]


def cards_of(runs: Iterable[Run]) -> list[Card]:
    """Return all steps of ``runs`` in order, in one query."""
    return list(Card.objects.filter(run__in=[run.pk for run in runs]).order_by("run_id", "number"))


def ahead_of(runs: Iterable[Run]) -> dict[int, list[Planned]]:
    """Return what is still to come in each run that is under way, in one query."""
    live = {run.pk: run for run in runs if run.state == RunState.RUNNING}
    roots = Token.objects.filter(run__in=live, path=ROOT, state="live")
    return {
        run: outlook.ahead(plans.of(live[run])[1], step)
        for run, step in roots.values_list("run_id", "step_id")
    }


def books(
    runs: Iterable[Run],
    cards: Collection[Card],
    names: Mapping[str, str],
    ahead: Mapping[int, list[Planned]],
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
        coming = ahead.get(run.pk, [])
        lines = [
            _line(card, names, is_now=live and card.pk == first, live=live, zone=zone, at=at)
            for card in mine
        ]
        found.append(
            Book(
                key=run.pk,
                name=run.name,
                state=_standing(run, has_card=first is not None),
                done=done,
                total=len(mine) + len(coming),
                digest=run.sha256[:8],
                lines=(*lines, *_coming(coming, after=len(mine))),
                is_live=live and not run.depth,
            )
        )
    return tuple(found)


def _standing(run: Run, *, has_card: bool) -> str:
    """Say how a run stands, empty where its next card says it."""
    if run.state != RunState.RUNNING:
        return run.get_state_display().lower()
    if run.paused_for:
        return f"waits: {run.get_paused_for_display().lower()}"
    return "" if has_card else "at work by itself"


def _coming(steps: Iterable[Planned], *, after: int) -> Iterator[Line]:
    for number, step in enumerate(steps, after + 1):
        name = step.name or step.asked or step.type.value
        yield Line(0, number, name, _AHEAD.get(step.type, ""), "open", "", False, False)


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
        how = {CardState.CANNOT: "cannot be done, ", CardState.WITHDRAWN: "not needed, "}.get(state)
        said = f"{card.answer}, " if card.answer else how or ""
        why = f"{said}{names.get(card.done_by, card.done_by)}, {when.full}"
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

    That is the one asked for, else the most urgent: mine before those of others, and what
    holds a runbook up before what is only work.
    """
    live = {run.pk for run in runs if run.state == RunState.RUNNING}
    waiting = [c for c in cards if c.run_id in live and CardState(c.state).is_waiting]
    for card in waiting:
        if card.pk == wanted:
            return card
    return min(waiting, key=lambda card: _urgency(card, held), default=None)


def _urgency(card: Card, held: Collection[str]) -> tuple[object, ...]:
    is_due = card.due_at is not None
    return not is_for(card.owner, held), not card.question, not is_due, card.due_at, card.run_id


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
        manual=tuple(one["text"] for one in card.commands if one["type"] in _WORDS),
        code=tuple(one["text"] for one in card.commands if one["type"] not in _WORDS),
        due=due,
        due_at=moment(card.due_at, zone=zone, at=at).full if card.due_at else "",
        tone=tone,
        handed=card.note if card.state == CardState.HANDED_OVER else "",
        others=tuple(name for name in HOLDERS if name != card.owner),
        options=tuple(card.options),
        asks=tuple(card.asks),
    )


def startable(runs: Iterable[Run]) -> list[tuple[str, str]]:
    """Return the approved runbooks that nobody works on, the core ones first."""
    live = {run.runbook for run in runs if run.state == RunState.RUNNING}
    return [one for one in runbooks.startable() if one[0] not in live]
