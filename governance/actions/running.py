"""Running jobs: claim, do, finish, once in effect however often they are tried."""

import logging
import os
import socket
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zlib import crc32

from django.db import connection, transaction
from django.utils import timezone

from governance import audit, boundary, jobs, registries
from governance.access import require
from governance.domain import actor as actors
from governance.domain.actor import Actor
from governance.errors import Conflict
from governance.models import Alarm, Job, JobState, User
from governance.permissions import Act
from governance.registries import JobRun

log = logging.getLogger(__name__)

LEASE_SECONDS = 15
HEARTBEAT_SECONDS = 5
MAX_LOST = 3

_CLAIM = """
UPDATE governance_job SET state = 'leased', attempt = attempt + 1, worker = %(worker)s,
       lost = lost + (state = 'leased')::int,
       lease_until = statement_timestamp() + %(lease)s * interval '1 second'
WHERE id = (
    SELECT id FROM governance_job waiting
    WHERE state IN ('ready', 'leased') AND due_at <= statement_timestamp()
      AND (state = 'ready' OR lease_until < statement_timestamp())
      AND (%(id)s::bigint IS NULL OR id = %(id)s)
      AND due_at <= statement_timestamp() - %(age)s * interval '1 second'
      AND (lane = '' OR NOT EXISTS (
           SELECT FROM governance_job running
            WHERE running.lane = waiting.lane AND running.state = 'leased'
              AND running.lease_until >= statement_timestamp()))
    ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, kind, payload::text, actor, attempt, lost, statement_timestamp()
"""


class LostLease(Exception):
    """Somebody else holds the job now; what was done here is rolled back."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A claimed job and its fencing token."""

    job: Job
    attempt: int
    at: datetime


def _worker() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident() % 100000}"


def _in_lane(lane: str) -> list[int]:
    """Return the job that waits first in ``lane``; its nudge came while another one ran."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM governance_job WHERE lane = %s AND state = 'ready'"
            " AND due_at <= statement_timestamp() ORDER BY due_at, id LIMIT 1",
            [lane],
        )
        return [row[0] for row in cursor.fetchall()]


def claim(job_id: int | None = None, *, older_than_seconds: float = 0) -> Lease | None:
    """Take one due job, committed before the work begins; None if there is none.

    A job whose lease ran out counts as one worker lost; after ``MAX_LOST`` it is dead.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                _CLAIM,
                {
                    "worker": _worker(),
                    "lease": LEASE_SECONDS,
                    "id": job_id,
                    "age": older_than_seconds,
                },
            )
            row = cursor.fetchone()
        if row is None:
            return None
        job = Job.objects.get(pk=row[0])
        if job.lost >= MAX_LOST:
            _bury(job, row[4], f"{job.lost} workers were lost while running this", at=row[6])
            return None
    return Lease(job, row[4], row[6])


def run(lease: Lease) -> bool:
    """Run a claimed job, and let the next one of its lane begin; return whether it is done."""
    is_done = _run(lease)
    if lease.job.lane:
        jobs.publish(_in_lane(lease.job.lane))
    return is_done


def _run(lease: Lease) -> bool:
    """Run it.

    The handler and the note that it is done share one transaction. A failure is tried
    again later, with more patience each time, and is dead after the last try.
    """
    job = lease.job
    kind = registries.job_kinds.get(job.kind)
    at = timezone.now()
    try:
        if kind is None:
            raise LookupError(f"no job kind {job.kind!r} is registered")
        by = _actor(job.actor)
        with (
            boundary.acting(by, at=at, request_id=f"job-{job.pk}-{lease.attempt}"),
            _heartbeat(lease),
            transaction.atomic(),
        ):
            kind.handler(JobRun(job.pk, job.kind, job.payload, by, at, lease.attempt))
            _finish(lease)
    except LostLease:
        log.warning("job %s was taken over; its work here is rolled back", job.key)
        return False
    except Exception as error:
        log.warning("job %s failed: %s", job.key, error, exc_info=True)
        _fail(lease, error, at=at)
        return False
    return True


def _finish(lease: Lease) -> None:
    done = Job.objects.filter(pk=lease.job.pk, attempt=lease.attempt, state=JobState.LEASED).update(
        state=JobState.DONE, done_at=timezone.now(), lease_until=None, last_error=""
    )
    if not done:
        raise LostLease(lease.job.key)


def _fail(lease: Lease, error: Exception, *, at: datetime) -> None:
    job = lease.job
    kind = registries.job_kinds.get(job.kind)
    failures = job.failures + 1
    text = "".join(traceback.format_exception_only(error)).strip()[:2000]
    with transaction.atomic():
        if kind is None or failures >= kind.max_attempts:
            job.failures = failures
            _bury(job, lease.attempt, text, at=at)
            return
        # Jitter from the key, so that jobs that failed together do not return together.
        jitter = 1 + crc32(job.key.encode()) % 1000 / 4000
        wait = min(kind.retry_seconds * 2 ** (failures - 1), 3600) * jitter
        Job.objects.filter(pk=job.pk, attempt=lease.attempt, state=JobState.LEASED).update(
            state=JobState.READY,
            failures=failures,
            lease_until=None,
            last_error=text,
            due_at=at + timedelta(seconds=wait),
        )


def _bury(job: Job, attempt: int, text: str, *, at: datetime) -> None:
    dead = Job.objects.filter(pk=job.pk, attempt=attempt, state=JobState.LEASED).update(
        state=JobState.DEAD, failures=job.failures, lost=job.lost, lease_until=None, last_error=text
    )
    if dead:
        # Whoever the job acted for is not acting any more.
        with boundary.acting(actors.service("scheduler"), at=at):
            Alarm.objects.get_or_create(
                key=f"dead_job:{job.pk}:{attempt}",
                defaults={
                    "kind": "dead_job",
                    "severity": 3,
                    "ref": f"governance.job:{job.pk}",
                    "detail": f"{job.kind}: {text}"[:500],
                    "raised_at": at,
                },
            )


def retry(job: Job, *, by: Actor, at: datetime, reason: str) -> None:
    """Make a dead job ready again.

    Raises:
        NotAllowed: ``by`` may not.
        Conflict: it is not dead (any more).
    """
    with transaction.atomic():
        require(by, Act.JOB_RETRY, job, at=at)
        again = Job.objects.filter(pk=job.pk, state=JobState.DEAD).update(
            state=JobState.READY, failures=0, lost=0, due_at=at, last_error=""
        )
        if not again:
            raise Conflict(f"{job.key} is not dead")
        audit.record(by=by, act=Act.JOB_RETRY, ref=job.ref, at=at, reason=reason)
        transaction.on_commit(lambda: jobs.publish([job.pk]))


def plan(*, at: datetime) -> int:
    """Insert the slots of periodic kinds that came due; return how many were new.

    A slot is a multiple of the period since the epoch, so any number of planners agree
    on its key. After a pause only the newest slot is made up for.
    """
    new = 0
    with boundary.acting(actors.service("scheduler"), at=at):
        for name, kind in registries.job_kinds:
            if kind.every_seconds is None:
                continue
            number = int(at.timestamp()) // kind.every_seconds
            slot = datetime.fromtimestamp(number * kind.every_seconds, tz=at.tzinfo)
            if kind.catch_up == "skip" and (at - slot).total_seconds() > kind.every_seconds / 2:
                continue
            key = f"{name}:{slot:%Y-%m-%dT%H:%M:%S}"
            new += jobs.enqueue(name, key=key, payload=kind.payload, at=at, due_at=slot)
    return new


def due(*, limit: int = 200) -> list[int]:
    """Return ids of jobs that wait for a worker, lapsed leases included."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM governance_job WHERE state IN ('ready', 'leased')"
            " AND due_at <= statement_timestamp()"
            " AND (state = 'ready' OR lease_until < statement_timestamp())"
            " ORDER BY due_at LIMIT %s",
            [limit],
        )
        return [row[0] for row in cursor.fetchall()]


def _actor(ref: str) -> Actor:
    """Return the actor of a stored reference; a person must still be active.

    Raises:
        LookupError: nobody active goes by it.
    """
    kind, _, key = ref.partition(":")
    if kind == "service":
        return actors.service(key)
    user = User.objects.filter(pk=UUID(key), is_active=True).first()
    if user is None:
        raise LookupError(f"{ref} is not active any more")
    return user.as_actor()


@contextmanager
def _heartbeat(lease: Lease) -> Iterator[None]:
    """Renew the lease from a thread with a connection of its own while the work goes on."""
    stop = threading.Event()

    def beat() -> None:
        try:
            while not stop.wait(HEARTBEAT_SECONDS):
                with connection.cursor() as cursor:
                    cursor.execute(
                        "UPDATE governance_job"
                        " SET lease_until = statement_timestamp() + %s * interval '1 second'"
                        " WHERE id = %s AND attempt = %s AND state = 'leased'",
                        [LEASE_SECONDS, lease.job.pk, lease.attempt],
                    )
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name=f"heartbeat-{lease.job.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
