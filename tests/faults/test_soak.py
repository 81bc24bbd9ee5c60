"""The full count of "a job takes effect exactly once", whatever dies in between."""

import random
import time

import pytest

from governance.models import Job
from tests import evidence
from tests.faults.processes import (
    Processes,
    done,
    enqueue,
    forget_everything,
    kill,
    wrong_effects,
)

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True)]

JOBS = 200
LIMIT_SECONDS = 600


def test_every_job_takes_effect_once_while_workers_die_and_the_broker_forgets(
    processes: Processes, request: pytest.FixtureRequest
) -> None:
    seed = int(request.config.getoption("randomly_seed"))
    dice = random.Random(seed)
    begun = time.monotonic()
    enqueue(JOBS)
    workers = [processes.worker(), processes.worker()]
    kills = forgotten = 0
    while Job.objects.filter(kind="fault", state__in=["ready", "leased"]).exists():
        if time.monotonic() - begun > LIMIT_SECONDS:
            break
        time.sleep(dice.uniform(3, 7))
        kill(workers.pop(0))
        workers.append(processes.worker())
        kills += 1
        if dice.random() < 0.5:
            forget_everything()
            forgotten += 1
    wrong = wrong_effects(JOBS)
    unfinished = JOBS - done()
    evidence.record(
        "jobs-exactly-once",
        count=JOBS,
        failures=len({key.partition(":")[0] for key in wrong}) + unfinished,
        seconds=time.monotonic() - begun,
        seed=seed,
        workers_killed=kills,
        broker_emptied=forgotten,
        jobs_begun_more_than_once=Job.objects.filter(kind="fault", attempt__gt=1).count(),
    )
    assert wrong == {}
    assert unfinished == 0
    assert kills > 3
    assert forgotten > 0
