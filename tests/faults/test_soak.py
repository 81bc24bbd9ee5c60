"""The full count of "a job takes effect exactly once", whatever dies in between."""

import random
import time

import pytest
from django.utils import timezone

from governance import boundary
from governance.actions import running
from governance.domain import actor as actors
from governance.models import Job
from tests import evidence
from tests.faults.processes import (
    Processes,
    done,
    enqueue,
    forget_everything,
    holds_a_job,
    kill,
    wrong_effects,
)

pytestmark = [pytest.mark.soak, pytest.mark.fault, pytest.mark.django_db(transaction=True)]

JOBS = 200
LIMIT_SECONDS = 900
OPERATOR = actors.service("operator")


def is_left() -> bool:
    return Job.objects.filter(kind="fault").exclude(state="done").exists()


def retry_buried() -> int:
    """Do what a person does about jobs that three dying workers had in hand."""
    dead = list(Job.objects.filter(kind="fault", state="dead", lost__gte=running.MAX_LOST))
    at = timezone.now()
    for job in dead:
        with boundary.acting(OPERATOR, at=at):
            running.retry(job, by=OPERATOR, at=at, reason="its workers were killed on purpose")
    return len(dead)


def test_every_job_takes_effect_once_while_workers_die_and_the_broker_forgets(
    processes: Processes, request: pytest.FixtureRequest
) -> None:
    seed = int(request.config.getoption("randomly_seed"))
    dice = random.Random(seed)
    begun = time.monotonic()
    enqueue(JOBS)
    processes.beat()
    workers = [processes.worker(), processes.worker()]
    kills = forgotten = buried = 0
    while is_left() and time.monotonic() - begun < LIMIT_SECONDS:
        time.sleep(dice.uniform(0.5, 4))
        buried += retry_buried()
        victim = dice.randrange(2)
        # Whoever still starts holds nothing that could be lost or doubled.
        if not holds_a_job(workers[victim]):
            continue
        kill(workers[victim])
        workers[victim] = processes.worker()
        kills += 1
        if dice.random() < 0.5:
            forget_everything()
            forgotten += 1
    wrong = wrong_effects(JOBS)
    evidence.record(
        "jobs-exactly-once",
        count=JOBS,
        failures=len({key.partition(":")[0] for key in wrong}),
        seconds=time.monotonic() - begun,
        seed=seed,
        workers_killed_while_working=kills,
        broker_emptied=forgotten,
        jobs_buried_after_three_losses_and_retried=buried,
        jobs_begun_more_than_once=Job.objects.filter(kind="fault", attempt__gt=1).count(),
    )
    assert wrong == {}
    assert done() == JOBS
    assert kills > 3
    assert forgotten > 0
