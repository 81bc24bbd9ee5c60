"""What workers do for runs: send what is due, take in how it went, let time pass.

Every step of it may be the last thing that a process does. What was committed is found again by
the next sweep of any worker; the broker is asked for nothing but speed.
"""

import hashlib
import logging
import secrets
import time
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from governance import boundary
from governance.access import require
from incidents.actions import claiming, nesting, noting, plans, stepping, storing, voting
from incidents.actions.claiming import ENGINE, Claim
from incidents.domain.engine.advancing import Late
from incidents.domain.engine.events import (
    CommandDone,
    CommandFailed,
    CommandUnknown,
    Due,
    Event,
)
from incidents.domain.engine.state import Key
from incidents.domain.engine.states import Effect
from incidents.executors import acts, http_api
from incidents.executors.outcomes import Outcome, Result
from incidents.models import CommandRun, CommandState, EntryKind, Run, RunState
from incidents.permissions import Act

log = logging.getLogger(__name__)
TURN_SECONDS = 1.0
MOST_ATTEMPTS = 5
LONGEST_WAIT = 60  # seconds between two tries
KEPT_ANSWER = 20_000  # characters
_SIMULATED = Result(Outcome.DONE, "simulated: this is a drill")
_DUE = """
SELECT run_id FROM (
    SELECT run_id, lease_until - interval '1 hour' AS since FROM incidents_commandrun
    WHERE state = 'sending' AND lease_until < statement_timestamp()
    UNION ALL
    SELECT run_id, due_at FROM incidents_commandrun
    WHERE state = 'intended' AND due_at <= statement_timestamp()
    UNION ALL
    SELECT run_id, coalesce(due_at, deadline_at, began_at) FROM incidents_steprun s
    WHERE state = 'delayed' AND due_at <= statement_timestamp()
       OR deadline_at <= statement_timestamp() AND state IN ('ready', 'child', 'human')
       OR state = 'child' AND EXISTS (
            SELECT FROM incidents_run c WHERE c.id = s.child_id AND c.state <> 'running')
    UNION ALL
    SELECT run_id, expires_at FROM incidents_approval
    WHERE state = 'open' AND expires_at < statement_timestamp()
) found GROUP BY run_id ORDER BY min(since) LIMIT %s
"""


def due(limit: int = 200) -> list[str]:
    """Return the runs that have something due, by the clock of the database.

    What was left by lost workers comes first: somebody may wait for word of it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [limit])
        return [str(row[0]) for row in cursor.fetchall()]


def look(key: str) -> None:
    """Do what is due in the run ``key``, for about a second: one transaction a transition.

    What is left is due still; others had their turn by then.
    """
    until = time.monotonic() + TURN_SECONDS
    run = int(key)
    if not Run.objects.filter(pk=run).exists():
        log.warning("no run %s: the word about it came from another database", run)
        return
    pass_time(run)
    while time.monotonic() < until and (held := claiming.claim(run)) is not None:
        work(held)


def work(held: Claim) -> None:
    """Send one command that is in our hands, and take in how it went."""
    command = held.command
    with boundary.acting(ENGINE, at=held.at):
        if command.request["type"] == acts.TYPE and not command.is_simulated:
            _act(held)
            return
        with claiming.renewed(held):
            result = _send(held)
        _take_in(held, result)


def _send(held: Claim) -> Result:
    command = held.command
    if command.is_simulated:
        return _SIMULATED
    hosts = plans.hosts()
    if command.effect == Effect.CHECKABLE and held.is_lapsed:
        return _probed(command)
    result = http_api.send(command.request, key=command.key, hosts=hosts)
    if result.outcome is Outcome.UNKNOWN and command.effect == Effect.CHECKABLE:
        return _probed(command)
    return result


def _probed(command: CommandRun) -> Result:
    """Ask whether it has happened before anything else is done."""
    found = http_api.probe(command.request, key=command.key, hosts=plans.hosts())
    if found is None:
        return Result(Outcome.UNKNOWN, "no answer, and the probe does not tell")
    if found:
        return Result(Outcome.DONE, "the probe says that it happened")
    return Result(Outcome.FAILED, "the probe says that it did not happen", may_retry=True)


def _act(held: Claim) -> None:
    """Carry out an act of ours in the very transaction that notes its outcome."""
    command, request = held.command, held.command.request
    with transaction.atomic():
        run = stepping.lock(command.run_id)
        if not _of(held).select_for_update().exists():
            return
        situation = acts.Situation(
            run.incident_id, request["arguments"], command.key, ENGINE, held.at
        )
        found = acts.acts.get(request["act"])
        try:
            with transaction.atomic():
                if found is None:
                    raise LookupError(f"there is no act {request['act']}")
                result = found.do(situation)
        except Exception as error:  # noqa: BLE001  whatever an act raises is its failure
            result = Result(Outcome.FAILED, f"{type(error).__name__}: {error}"[:500])
        _finish(run, held, result)


def _take_in(held: Claim, result: Result) -> None:
    with transaction.atomic():
        run = stepping.lock(held.command.run_id)
        if not _finish(run, held, result):
            text = f"Late answer to command {held.command.key[:8]}: {result.said}"
            noting.append(run.incident, EntryKind.STEP, text[:500], by=ENGINE, at=_now(run))


def _of(held: Claim) -> QuerySet[CommandRun]:
    """Return the command's row unless somebody took it after us."""
    return CommandRun.objects.filter(
        pk=held.command.pk, fence=held.fence, state=CommandState.SENDING
    )


def _finish(run: Run, held: Claim, result: Result) -> bool:
    """Note how a command went; False when it is not ours any more, and nothing was noted."""
    effect, at = Effect(held.command.effect), _now(run)
    again = result.may_retry and (
        effect.may_repeat or (effect is Effect.CHECKABLE and result.outcome is Outcome.FAILED)
    )
    if again and held.attempt < MOST_ATTEMPTS:
        return _later(held, result)
    if effect.may_repeat and result.outcome is Outcome.UNKNOWN:
        result = Result(Outcome.FAILED, f"{result.said}, {held.attempt} times")
    return end(run, held.command, _of(held), result, at=at)


def end(
    run: Run, command: CommandRun, row: QuerySet[CommandRun], result: Result, *, at: datetime
) -> bool:
    """Note in ``row`` how ``command`` went, and let its step go on; False without such a row."""
    said = result.said[:KEPT_ANSWER].replace("\x00", "")
    ended = row.update(
        state=CommandState(result.outcome.value),
        answer=said,
        answer_sha256=hashlib.sha256(result.said.encode()).hexdigest(),
        lease_until=None,
        ended_at=at,
    )
    if not ended:
        return False
    step = command.step_run
    key = Key(step.token.path, step.step_id, step.visit)
    event = _event(run, command, key, result)
    document, _ = plans.of(run)
    name = str(document["workflow"][step.step_id].get("name") or step.step_id)
    try:
        if result.outcome is Outcome.DONE:
            drill = ", simulated" if command.is_simulated else ""
            text = f"{name}: done{drill}"
            noting.append(run.incident, EntryKind.STEP, text, by=ENGINE, at=at)
        stepping.take(run, event, by=ENGINE, at=at)
    except Late:
        text = f"{name}: {result.outcome.value}, after the runbook had gone on: {said}"
        noting.append(run.incident, EntryKind.STEP, text[:500], by=ENGINE, at=at)
    return True


def _event(run: Run, command: CommandRun, key: Key, result: Result) -> Event:
    match result.outcome:
        case Outcome.DONE:
            wanted = plans.of(run)[1].steps[key.step].out_args
            values = {**http_api.values(result.said, wanted), **result.values}
            return CommandDone(key, command.order, values)
        case Outcome.FAILED:
            return CommandFailed(key, command.order, result.said[:500])
        case _:
            return CommandUnknown(key, command.order, result.said[:500])


def _later(held: Claim, result: Result) -> bool:
    """Put the next try off, each time for longer, and not all at once."""
    jitter = 1 + secrets.randbelow(1000) / 4000
    wait = min(2 ** (held.attempt - 1), LONGEST_WAIT) * jitter
    put_off = _of(held).update(
        state=CommandState.INTENDED,
        answer=result.said[:KEPT_ANSWER],
        lease_until=None,
        due_at=Now() + timedelta(seconds=wait),
    )
    return bool(put_off)


def pass_time(run_id: int, *, at: datetime | None = None) -> None:
    """Take in what time has done to a run: delays, deadlines, lost workers, ended runs below.

    ``at`` is the clock of the database unless given.
    """
    with claiming.acting(), transaction.atomic():
        run = stepping.lock(run_id)
        at = at or _now(run)
        if run.state != RunState.RUNNING:
            _lost(run, at=at)
            return
        require(ENGINE, Act.RUN_STEP, run, at=at)
        _lost(run, at=at)
        for _, event in nesting.ended(run):
            stepping.take(run, event, by=ENGINE, at=at)
        for expired in voting.expire(run, at=at):
            stepping.take(run, expired, by=ENGINE, at=at)
        _, plan = plans.of(run)
        state = storing.load(run, plan).state
        if any(
            when is not None and when <= at
            for step in state.steps.values()
            for when in (step.due_at, step.deadline_at)
        ):
            stepping.take(run, Due(_in_flight(run)), by=ENGINE, at=at)


def _lost(run: Run, *, at: datetime) -> None:
    """Ask people about commands that were out when their worker was lost."""
    rows = CommandRun.objects.select_for_update(of=("self",)).select_related("step_run__token")
    lapsed = rows.filter(
        Q(effect=Effect.AT_MOST_ONCE.value) | Q(attempt__gte=claiming.MOST_LOST),
        run=run,
        state=CommandState.SENDING,
        lease_until__lt=Now(),
    )
    for command in lapsed:
        said = "whoever sent it was lost before an answer came"
        row = CommandRun.objects.filter(pk=command.pk)
        end(run, command, row, Result(Outcome.UNKNOWN, said), at=at)


def _in_flight(run: Run) -> frozenset[Key]:
    rows = CommandRun.objects.filter(run=run, state=CommandState.SENDING).values_list(
        "step_run__token__path", "step_run__step_id", "step_run__visit"
    )
    return frozenset(Key(*row) for row in rows)


def _now(run: Run) -> datetime:
    now: datetime = getattr(run, "now", None) or timezone.now()
    return now
