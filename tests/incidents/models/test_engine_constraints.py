"""Each constraint of the engine refuses the row that would break its truth."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from governance.domain.actor import Actor
from incidents.models import Approval, ApprovalVote, CommandRun, Run, StepRun, Token
from tests.builders.incidents import NOW, an_incident

pytestmark = pytest.mark.django_db
Break = Callable[[Run], Any]
SENT: dict[str, Any] = {"state": "sending", "lease_until": NOW, "sent_at": NOW}


def token(**fields: Any) -> Break:
    def create(run: Run) -> Token:
        owner = a_step(run)
        return Token.objects.create(
            **{"run": run, "path": "0/1.1.0.0", "step_id": "x", "owner": owner, **fields}
        )

    return create


def a_step(run: Run, **fields: Any) -> StepRun:
    sound = {
        "run": run,
        "token": Token.objects.get(run=run, path="0"),
        "step_id": "x",
        "visit": 1,
        "state": "ready",
        "began_at": NOW,
    }
    return StepRun.objects.create(**{**sound, **fields})


def step(*rows: dict[str, Any]) -> Break:
    return lambda run: [a_step(run, **fields) for fields in rows]


def command(*rows: dict[str, Any]) -> Break:
    def create(run: Run) -> None:
        sound = {
            "run": run, "step_run": a_step(run), "effect": "pure", "request": {},
            "request_sha256": "0" * 64, "due_at": NOW,
        }  # fmt: skip
        for number, fields in enumerate(rows):
            row = {"order": number, "key": f"{number}", **sound, **fields}
            CommandRun.objects.create(**row)

    return create


def an_approval(run: Run, step: StepRun, **fields: Any) -> Approval:
    sound = {
        "run": run, "step_run": step, "order": 0, "request": {}, "request_sha256": "0" * 64,
        "requested_by": "user:1", "requested_at": NOW, "expires_at": NOW + timedelta(hours=1),
    }  # fmt: skip
    return Approval.objects.create(**{**sound, **fields})


def approval(*rows: dict[str, Any]) -> Break:
    def create(run: Run) -> None:
        step = a_step(run)
        for fields in rows:
            an_approval(run, step, **fields)

    return create


def vote(*rows: dict[str, Any]) -> Break:
    def create(run: Run) -> None:
        of = an_approval(run, a_step(run))
        for fields in rows:
            sound = {"approval": of, "by": "user:2", "requested_by": "user:1", "at": NOW}
            ApprovalVote.objects.create(**{**sound, "is_for": True, **fields})

    return create


ROWS: list[tuple[str, Break]] = [
    ("token_path_is_taken_once", token(path="0", owner=None)),
    ("token_state_is_known", token(state="lost")),
    ("token_has_an_owner_unless_root", token(owner=None)),
    ("step_run_visit_is_counted", step({}, {})),
    ("step_run_state_is_known", step({"state": "lost", "ended_at": NOW})),
    ("step_run_end_has_when", step({"state": "failed"})),
    ("step_run_end_has_when", step({"ended_at": NOW})),
    ("step_run_delay_ends", step({"state": "delayed"})),
    ("step_run_decision_has_a_question", step({"state": "decision"})),
    ("step_run_decision_has_a_question", step({"question": "case"})),
    ("command_run_of_an_order_is_one", command({"order": 0}, {"order": 0})),
    ("command_run_state_is_known", command({"state": "lost"})),
    ("command_run_lease_while_sending", command({"state": "sending"})),
    ("command_run_lease_while_sending", command({"lease_until": NOW})),
    ("command_run_end_has_when", command({"state": "done"})),
    ("command_run_end_has_when", command({"ended_at": NOW})),
    (
        "command_run_at_most_once_is_sent_once",
        command({**SENT, "effect": "at_most_once", "attempt": 2, "fence": 2}),
    ),
    ("command_run_attempts_are_fenced", command({**SENT, "attempt": 2, "fence": 1})),
    ("incidents_commandrun_key", command({"key": "x"}, {"key": "x"})),
    ("approval_is_asked_once_at_a_time", approval({}, {})),
    ("approval_state_is_known", approval({"state": "lost", "ended_at": NOW})),
    ("approval_end_has_when", approval({"state": "given"})),
    ("approval_needs_one_to_nine", approval({"needed": 0})),
    ("approval_told_is_known", approval({"told": 9})),
    ("approval_expires_after_it_was_asked", approval({"expires_at": NOW})),
    ("approval_vote_is_given_once", vote({}, {})),
    ("approval_is_not_given_by_who_asked", vote({"by": "user:1"})),
    ("approval_refused_has_a_reason", vote({"is_for": False})),
]


@pytest.fixture
def run(commander: Actor, at: datetime) -> Run:
    return Run.objects.get(incident=an_incident(by=commander, at=at))


@pytest.mark.parametrize(("constraint", "broken"), ROWS)
def test_the_database_refuses(constraint: str, broken: Break, run: Run) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        broken(run)


@pytest.mark.parametrize(
    "sound",
    [
        token(),
        step({}, {"visit": 2}),
        command({}, {**SENT, "attempt": 1, "fence": 1, "effect": "at_most_once"}),
        approval({"state": "void", "ended_at": NOW}, {}),
        vote({}, {"by": "user:3", "is_for": False, "reason": "x"}),
    ],
)
def test_the_same_rows_are_taken_when_they_are_sound(sound: Break, run: Run) -> None:
    sound(run)
