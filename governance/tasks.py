"""Celery's side of the jobs: a nudge runs one row, the tick looks what is due."""

import logging
import threading
from typing import Any

from celery import current_app, shared_task
from celery.exceptions import OperationalError
from celery.signals import worker_ready, worker_shutting_down
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from governance import jobs
from governance.actions import running

log = logging.getLogger(__name__)
SWEEP_SECONDS = 10
_stop = threading.Event()


@shared_task(name="governance.run_job", ignore_result=True)
def run_job(job_id: int) -> None:
    """Run one job if it is (still) due."""
    close_old_connections()
    lease = running.claim(job_id)
    if lease is not None:
        running.run(lease)


@shared_task(name="governance.tick", ignore_result=True)
def tick() -> None:
    """Insert the slots that came due and nudge for everything that waits."""
    close_old_connections()
    running.plan(at=timezone.now())
    publish(running.due())


def publish(ids: list[int]) -> None:
    """Nudge; a broker that does not answer costs time only, since the sweep runs them too."""
    try:
        for job_id in ids:
            current_app.send_task("governance.run_job", [job_id], retry=False)
    except OperationalError as error:
        log.warning("no broker to nudge (%s); the sweep will run what is due", error)


def sweep() -> None:
    """Run what has waited for a while, without any broker; each worker does this."""
    while not _stop.wait(SWEEP_SECONDS):
        try:
            close_old_connections()
            running.plan(at=timezone.now())
            while (lease := running.claim(older_than_seconds=SWEEP_SECONDS)) is not None:
                running.run(lease)
        except DatabaseError as error:
            log.warning("the sweep waits for the database: %s", error)
        finally:
            close_old_connections()


@worker_ready.connect
def _begin(**_: Any) -> None:
    _stop.clear()
    threading.Thread(target=sweep, name="sweep", daemon=True).start()


@worker_shutting_down.connect
def _end(**_: Any) -> None:
    _stop.set()


jobs.nudge_with(publish)
