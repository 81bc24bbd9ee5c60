"""A process that has everything imported and forks workers and browsers off itself.

A fresh Celery worker takes seconds to import, a forked one a tenth. Each line on standard input
is ``worker <seed>`` or ``web <seed>``; the answer is the process id of the child. A child with a
seed other than 0 kills itself, by SIGKILL and in the middle of its work, at a seeded point.
"""

import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.worker import app

# isort: split
from celery.bin import celery as celery_command
from django.conf import settings
from django.db import DatabaseError, connection
from django.test import Client

from governance import jobs
from incidents.actions import claiming, stepping, storing, working
from incidents.executors import http_api
from incidents.models import Card, CommandRun

KEPT = celery_command  # imported here, so that the children have it
ENDED = "a child ended by itself"
ARGS = [
    "worker",
    "-P",
    "threads",
    "-c",
    "2",
    "--without-gossip",
    "--without-mingle",
    "-l",
    "WARNING",
]
POINTS: dict[str, tuple[Any, str, bool]] = {
    # what is wrapped, its name, whether the process dies before or after it
    "before a claim is committed": (claiming, "_worker", True),
    "after a claim": (claiming, "claim", False),
    "before sending": (http_api, "send", True),
    "after sending": (http_api, "send", False),
    "before the outcome": (working, "_take_in", True),
    "within the outcome": (storing, "store", False),
    "within a transition": (stepping, "take", True),
    "after the outcome": (working, "_take_in", False),
    "between commit and nudge": (jobs, "nudge", True),
    "while time passes": (working, "pass_time", False),
}
WEB_POINTS = ("within the outcome", "within a transition", "between commit and nudge")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def doom(seed: int, names: list[str]) -> None:
    """Let this process die at a point and a passing that ``seed`` chooses."""
    dice = Random(seed)
    place, name, is_before = POINTS[dice.choice(names)]
    left = [dice.randint(1, 4)]
    inner: Callable[..., Any] = getattr(place, name)
    lock = threading.Lock()

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with lock:
            left[0] -= 1
            is_over = left[0] <= 0
        if is_over and is_before:
            die()
        found = inner(*args, **kwargs)
        if is_over:
            die()
        return found

    setattr(place, name, wrapped)


def work(seed: int) -> None:
    if seed:
        doom(seed, list(POINTS))
    app.worker_main([*ARGS, "-n", f"{os.getpid()}@%h"])


def browse(seed: int) -> None:
    """Answer cards as somebody at the page does: the whole stack, and the truth about effects."""
    if seed:
        doom(seed, list(WEB_POINTS))
    logging.getLogger("wardroom.request").disabled = True
    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = os.environ["FAULT_COOKIE"]
    oracle = Oracle(os.environ["FAULT_TARGET"])
    while True:
        try:
            click_through(client, oracle)
        except DatabaseError:  # the connection was cut; a page would be loaded again
            connection.close()


def click_through(client: Client, oracle: "Oracle") -> None:
    while True:
        waiting = Card.objects.waiting().select_related("run__incident", "step_run")
        cards = list(waiting.filter(run__runbook="faults", run__state="running")[:20])
        if not cards:
            time.sleep(0.2)
        for card in cards:
            url = f"/incidents/{card.run.incident.reference}/step/{card.pk}/"
            client.post(url, {**answer(card, oracle), "note": "looked at it"})


class Oracle:
    """Asks the target itself what happened."""

    def __init__(self, origin: str) -> None:
        self.origin = origin

    def has_happened(self, key: str) -> bool:
        found = http_api._call(
            {"headers": {}, "content": ""},
            "GET",
            f"{self.origin}/probe",
            key,
            working.plans.hosts(),
        )
        assert found.status in (200, 404), found
        return found.status == 200


def answer(card: Card, oracle: Oracle) -> dict[str, str]:
    """Return what somebody answers who looks at the target."""
    match card.question:
        case "":
            return {"act": "done", "value-__rounds__": "1"}
        case "unknown":
            assert card.step_run is not None
            command = CommandRun.objects.get(step_run=card.step_run, order=card.step_run.order)
            happened = oracle.has_happened(command.key)
            return {"act": "decide", "choice": "yes" if happened else "no"}
        case _:
            return {"act": "decide", "choice": "retry"}


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        kind, seed = line.split()
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            os.setsid()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            sys.stdin = Path(os.devnull).open()  # noqa: SIM115
            os.dup2(2, 1)  # the answers to the test are the parent's alone
            try:
                {"worker": work, "web": browse}[kind](int(seed))
            except BaseException:  # noqa: BLE001  whatever it was, it is said
                traceback.print_exc()
            print(ENDED, flush=True)
            os._exit(1)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
