"""Real workers that are killed, and a broker that forgets everything."""

import time

import pytest

from governance.models import Job
from tests.faults.processes import (
    Processes,
    enqueue,
    forget_everything,
    kill_at_work,
    wait_for,
    wrong_effects,
)

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]


def test_a_killed_worker_loses_nothing_and_doubles_nothing(processes: Processes) -> None:
    enqueue(12)
    first = processes.worker()
    wait_for(2, seconds=40)
    kill_at_work(first)
    killed = time.monotonic()
    processes.worker()
    wait_for(12, seconds=60)
    assert time.monotonic() - killed < 45
    assert wrong_effects(12) == {}
    assert Job.objects.filter(kind="fault", lost__gt=0).exists()


def test_a_broker_that_forgets_everything_loses_no_work(processes: Processes) -> None:
    processes.worker()
    enqueue(12)
    wait_for(2, seconds=40)
    forget_everything()
    wait_for(12, seconds=60)
    assert wrong_effects(12) == {}
