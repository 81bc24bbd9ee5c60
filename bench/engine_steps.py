"""Transitions of running playbooks per second, beside the bare SQL of claim and finish."""

import multiprocessing
import os
import threading
import time
from collections.abc import Callable

import psycopg
from django.db import connection, connections, transaction
from django.utils import timezone

from bench.abba import compare
from bench.figures import Sheet
from governance import boundary, jobs
from governance.domain import actor as actors
from governance.domain.actor import Actor
from incidents.actions import claiming, running, ticking, working
from incidents.executors import http_api
from incidents.executors.outcomes import Outcome, Result
from incidents.models import Card, Run
from tests.builders.engine import Book, approved
from tests.builders.governance import the_enterprise
from tests.builders.incidents import a_responder, an_incident

LIVE, PROCESSES, THREADS, SECONDS = 200, 2, 2, 3.0
ORIGIN = "https://target.example"
_BARE = (
    "UPDATE bench_command SET state = 'sending', lease_until = now() + interval '6 seconds'"
    " WHERE id = (SELECT id FROM bench_command WHERE state = 'intended'"
    " ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id"
)


def a_long_book() -> tuple[Book, str]:
    """Return a loop of commands that goes on for as long as it is measured."""
    book = Book(seed="bench")
    book.target(ORIGIN)
    following = book.end()
    for number in range(300):
        following = book.http(f"Step {number}", following, line=f"POST /{number}")
    return book, following


def measure_transitions(sheet: Sheet) -> None:
    """Claim, send to nobody, and take in the outcome: two commits for each command.

    The bare loop claims a row and marks it done, two commits as well, by as many workers.
    """
    by, at = a_responder(site=the_enterprise()), timezone.now()
    book, first = a_long_book()
    slug = approved(book.data(first, name="Bench"), by=by, at=at, slug="bench")
    for _ in range(LIVE):
        incident = an_incident(by=by, at=at, site=the_enterprise())
        with boundary.acting(by, at=at):
            running.start(incident, slug, by=by, at=at)
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute(
            "CREATE TABLE bench_command"
            " (id bigserial PRIMARY KEY, state text DEFAULT 'intended', lease_until timestamptz)"
        )
        owner.execute("INSERT INTO bench_command SELECT FROM generate_series(1, 60000)")
        owner.execute("CREATE INDEX ON bench_command (id) WHERE state = 'intended'")
        owner.execute("GRANT SELECT, UPDATE ON bench_command TO wardroom_app")
        owner.execute("ANALYZE")
    found = compare(lambda: rate(bare), lambda: rate(one_command), pairs=4)
    where = f"{PROCESSES} workers of {THREADS} threads"
    sheet.figure(f"bare claim and finish, {where}", found.a, "/s")
    sheet.figure(f"step transitions, {LIVE} live runs, {where}", 2 * found.b, "/s", at_least=300)
    sheet.figure(
        "a command claimed and finished / bare", found.ratio, "x", at_least=0.4, note=found.note()
    )


def rate(work: Callable[[], None]) -> float:
    """Return how often ``work`` is done in a second by all processes together."""
    connections.close_all()
    forking = multiprocessing.get_context("fork")
    with forking.Pool(PROCESSES) as pool:
        return sum(pool.map(of_one_process, [work] * PROCESSES, chunksize=1))


def of_one_process(work: Callable[[], None]) -> float:
    """Return how often ``work`` is done in a second by the threads of this process."""
    work()  # policy and playbook are read once by each process
    counts, until = [0] * THREADS, time.monotonic() + SECONDS

    def go(number: int) -> None:
        try:
            while time.monotonic() < until:
                work()
                counts[number] += 1
        finally:
            connections.close_all()

    threads = [threading.Thread(target=go, args=[number]) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / SECONDS


def bare() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_BARE)
        row = cursor.fetchone()
        cursor.execute(
            "UPDATE bench_command SET state = 'done', lease_until = NULL WHERE id = %s", row
        )


def one_command() -> None:
    held = claiming.claim()
    assert held is not None
    working.work(held)


def measure_cards(sheet: Sheet) -> None:
    """Tick a card until the next one can be read, with the other runs live."""
    by, at = a_responder(site=the_enterprise()), timezone.now()
    book = Book(seed="cards")
    following = book.end()
    for number in range(60):
        following = book.manual(f"Card {number}", following)
    slug = approved(book.data(following, name="Cards"), by=by, at=at, slug="cards")
    incident = an_incident(by=by, at=at, site=the_enterprise())
    with boundary.acting(by, at=at):
        run = running.start(incident, slug, by=by, at=at)
    took = sorted(tick(run, by) for _ in range(50))
    sheet.figure("step done to next card, p95", took[47] * 1000, "ms", at_most=300)


def tick(run: Run, by: Actor) -> float:
    card = Card.objects.waiting().select_related("run__incident__site").get(run=run)
    begun, at = time.perf_counter(), timezone.now()
    with boundary.acting(by, at=at), transaction.atomic():
        ticking.finish(card, by=by, at=at)
    assert Card.objects.waiting().filter(run=run).exists()
    return time.perf_counter() - begun


def measure(sheet: Sheet) -> None:
    """Measure both; nothing leaves the machine, and nobody is nudged."""
    jobs.nudge_with(lambda ids: None)
    with boundary.acting(actors.service("operator"), at=timezone.now()):
        measure_parts(sheet)


def measure_parts(sheet: Sheet) -> None:
    """Measure with somebody acting, as the builders of tests ask for."""
    http_api.send = lambda request, *, key, hosts: Result(Outcome.DONE, "{}")
    measure_transitions(sheet)
    measure_cards(sheet)
