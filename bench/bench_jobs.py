"""Jobs per second through claim and run, beside the bare statements they cannot do without."""

import time
from collections.abc import Callable

import django

django.setup()

from django.db import connection
from django.utils import timezone

from bench.figures import Sheet
from governance import boundary, jobs, registries
from governance.actions import running
from governance.domain import actor as actors
from governance.models import Job
from governance.registries import JobKind

SCHEDULER = actors.service("scheduler")
RUN = 200


def per_second(work: Callable[[int], object], count: int = RUN) -> float:
    begun = time.perf_counter()
    for number in range(count):
        work(number)
    return count / (time.perf_counter() - begun)


def put_off(number: int, name: str) -> None:
    jobs.enqueue("bench", key=f"{name}:{number}", payload={}, at=timezone.now())


def claim_and_run(_: int) -> None:
    lease = running.claim()
    assert lease is not None
    assert running.run(lease)


def bare(number: int) -> None:
    """Insert a row, mark it taken, mark it done: three commits and nothing else."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_floor (key) VALUES (%s) RETURNING id", [f"k{number}"])
        row = cursor.fetchone()
        for state in ("leased", "done"):
            cursor.execute("UPDATE bench_floor SET state = %s WHERE id = %s", [state, *row])


def raw(_: int) -> None:
    """Take the next job and finish it by two bare statements: what any queue in SQL must do."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE governance_job SET state = 'leased', attempt = attempt + 1,"
            " lease_until = now() + interval '15 seconds' WHERE id ="
            " (SELECT id FROM governance_job WHERE state = 'ready' AND due_at <= now()"
            " ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id"
        )
        cursor.execute(
            "UPDATE governance_job SET state = 'done', done_at = now(), lease_until = NULL"
            " WHERE id = %s",
            cursor.fetchone(),
        )


def fill(count: int) -> None:
    """Have ``count`` jobs waiting."""
    missing = count - Job.objects.filter(state="ready").count()
    at = timezone.now()
    Job.objects.bulk_create(
        Job(kind="bench", key=f"fill:{count}:{n}", actor=SCHEDULER.ref, due_at=at)
        for n in range(missing)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE governance_job")


def main() -> None:
    """Measure one process and one thread, without fsync, on a growing queue."""
    sheet = Sheet("jobs")
    # Nobody listens: the broker's cost is not measured here.
    jobs.nudge_with(lambda ids: None)
    registries.job_kinds.add("bench", JobKind(lambda run: None, "Nothing"))
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE bench_floor"
            " (id bigserial PRIMARY KEY, key text UNIQUE, state text DEFAULT 'ready')"
        )
    bare(-1)
    floor = per_second(bare)
    sheet.figure("floor: INSERT, UPDATE, UPDATE", floor, "jobs/s")
    with boundary.acting(SCHEDULER, at=timezone.now()):
        sheet.figure("enqueue", per_second(lambda n: put_off(n, "e")), "jobs/s")
    first = 0.0
    for waiting in (1_000, 10_000, 100_000):
        fill(waiting)
        claim_and_run(0)
        rate, statements = per_second(claim_and_run), per_second(raw)
        first = first or rate
        sheet.figure(f"claim and run, {waiting:,} waiting", rate, "jobs/s")
        sheet.figure(f"the same as bare SQL, {waiting:,} waiting", statements, "jobs/s")
        sheet.figure(f"claim and run / bare SQL, {waiting:,} waiting", rate / statements, "x")
        sheet.figure(f"claim and run / floor, {waiting:,} waiting", rate / floor, "x")
    sheet.figure("slow-down from 1x to 100x waiting", first / rate, "x", at_most=2)
    sheet.close()


if __name__ == "__main__":
    main()
