"""Real workers that are killed, and a broker that forgets everything."""

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.utils import timezone

from governance import boundary, jobs
from governance.domain import actor as actors
from governance.models import Job, Notice
from tests.builders.governance import a_user

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).parents[2]
Worker = subprocess.Popen[bytes]


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[Callable[[], Worker]]:
    """Start Celery workers on this test's own database and broker."""
    running: list[Worker] = []
    name = connection.settings_dict["NAME"]
    url = re.sub(r"^(postgres(?:ql)?://[^/]*)/[^?]*", rf"\1/{name}", os.environ["DATABASE_URL"])

    def start() -> Worker:
        with (tmp_path / f"worker{len(running)}.log").open("wb") as log:
            worker = subprocess.Popen(
                [
                    *(sys.executable, "-m", "celery", "-A", "tests.faults.worker", "worker"),
                    *("-P", "threads", "-c", "2", "--without-gossip", "--without-mingle"),
                ],
                cwd=ROOT,
                env={**os.environ, "DATABASE_URL": url, "DATABASE_OWNER_URL": url},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        running.append(worker)
        return worker

    yield start
    for worker in running:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


def enqueue(count: int) -> None:
    user = str(a_user().pk)
    at = timezone.now()
    with boundary.acting(actors.service("scheduler"), at=at):
        for number in range(count):
            jobs.enqueue(
                "fault", key=f"fault:{number}", payload={"user": user, "number": number}, at=at
            )


def wait_for(done: int, *, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (now := Job.objects.filter(kind="fault", state="done").count()) < done:
        assert time.monotonic() < end, f"{now} of {done} done after {seconds} s"
        time.sleep(0.1)


def assert_each_once(count: int) -> None:
    halves = Counter(key.rpartition(":")[0] for key in Notice.objects.values_list("key", flat=True))
    assert halves == {f"{n}:{half}": 1 for n in range(count) for half in ("first", "second")}


def test_a_killed_worker_loses_nothing_and_doubles_nothing(
    start_worker: Callable[[], Worker],
) -> None:
    enqueue(12)
    first = start_worker()
    wait_for(2, seconds=40)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    killed = time.monotonic()
    assert Job.objects.filter(kind="fault", state="leased").exists(), (
        "it died in the middle of a job"
    )
    start_worker()
    wait_for(12, seconds=60)
    assert time.monotonic() - killed < 45
    assert_each_once(12)
    assert Job.objects.filter(kind="fault", lost__gt=0).exists()


def test_a_broker_that_forgets_everything_loses_no_work(
    start_worker: Callable[[], Worker],
) -> None:
    broker = redis.Redis.from_url(settings.REDIS_URL)
    start_worker()
    enqueue(12)
    wait_for(2, seconds=40)
    broker.flushall()
    wait_for(12, seconds=60)
    assert_each_once(12)
