"""Celery's side of the jobs: a nudge runs one row, the tick looks what is due."""

import logging
import threading
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from celery import current_app, shared_task
from celery.exceptions import OperationalError
from celery.signals import worker_ready, worker_shutting_down
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from governance import jobs, registries
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


@shared_task(name="governance.look", ignore_result=True)
def look(name: str, key: str) -> None:
    """Let one sweep do what is due of one record."""
    close_old_connections()
    found = registries.sweeps.get(name)
    if found is not None:
        found.look(key)


def hint(name: str, key: str) -> None:
    """Nudge a sweep; without a broker its own clock finds the work."""
    try:
        current_app.send_task("governance.look", [name, key], retry=False)
    except OperationalError as error:
        log.warning("no broker to nudge (%s); the sweep will find it", error)


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


def go_round(name: str, found: registries.Sweep) -> None:
    """Do the work of one sweep again and again, without any broker; each worker does this."""
    busy: dict[Future[None], str] = {}
    with ThreadPoolExecutor(found.threads, thread_name_prefix=name) as pool:
        while not _stop.is_set():
            waiting = [key for key in _due(name, found) if key not in busy.values()]
            free = found.threads - len(busy)
            for key in waiting[:free]:
                busy[pool.submit(_one, found, key)] = key
            if busy:
                wait(busy, timeout=found.every_seconds, return_when=FIRST_COMPLETED)
            else:
                _stop.wait(found.every_seconds)
            busy = {future: key for future, key in busy.items() if not future.done()}


def _due(name: str, found: registries.Sweep) -> list[str]:
    try:
        close_old_connections()
        return found.due()
    except DatabaseError as error:
        log.warning("%s waits for the database: %s", name, error)
        return []
    finally:
        close_old_connections()


def _one(found: registries.Sweep, key: str) -> None:
    try:
        close_old_connections()
        found.look(key)
    except Exception:  # one record that fails must not keep the sweep from the others
        log.exception("%s could not be looked after", key)
    finally:
        close_old_connections()


@worker_ready.connect
def _begin(**_: Any) -> None:
    _stop.clear()
    threading.Thread(target=sweep, name="sweep", daemon=True).start()
    for name, found in registries.sweeps:
        threading.Thread(target=go_round, args=[name, found], name=name, daemon=True).start()


@worker_shutting_down.connect
def _end(**_: Any) -> None:
    _stop.set()


jobs.nudge_with(publish, hint)
