"""A campaign of faults against running runbooks: who dies, and what must hold afterwards."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random

import psycopg
from django.conf import settings
from django.db import connection
from django.utils import timezone

from governance import boundary
from governance.models import User
from incidents.actions import running
from incidents.models import CommandRun, Run, StepRun
from tests.builders.engine import Book, approved
from tests.builders.governance import the_enterprise
from tests.builders.incidents import a_responder, an_incident
from tests.builders.signin import proven
from tests.builders.target import Target
from tests.faults.processes import Processes, forget_everything

ENDED = "a child ended by itself"
SETTLE_SECONDS = 60
RESUME_SECONDS = 10.0
DOOMED = {"a": "worker", "b": "worker", "web": "web", "other web": "web"}


def a_book(target: Target) -> tuple[Book, str]:
    """Return a playbook of all sorts: branches, loops, cards, commands of every effect class."""
    book = Book(seed="faults")
    book.target(target.origin)
    book.variables = {"__rounds__": {"type": "integer", "value": "0"}}
    last = book.http("Last", book.end(), line="POST /last")
    card = book.manual("Look at it", last)
    body = book.http("Widen", book.end(), line="POST /slow/0.05/widen")
    round_of_two = book.add(
        "while-condition",
        "Twice",
        condition="__rounds__:value < 1",
        on_true=book.manual("Count", body, out_args=["__rounds__"]),
        on_completion=card,
    )
    left = book.http(
        "Put", book.http("Post", book.end(), line="POST /slow/0.1/left"), line="PUT /p"
    )
    right = book.http("Ask", book.http("Close", book.end(), line="POST /right"), line="GET /g")
    inner = book.add(
        "parallel",
        "Both again",
        next_steps=[
            book.http("One", book.end(), line="POST /one"),
            book.http("Two", book.end(), line="DELETE /two"),
        ],
        on_completion=book.end(),
    )
    both = book.add("parallel", "Both", next_steps=[left, right, inner], on_completion=round_of_two)
    return book, both


@dataclass
class Campaign:
    """Runs in flight, and processes that die under them."""

    processes: Processes
    target: Target
    seed: int
    place: Path
    kills: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    count: int = 0
    found: list[str] = field(default_factory=list)
    _orphans: dict[tuple[int, int], float] = field(default_factory=dict)
    _alive: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.dice = Random(self.seed)
        self.origin = {
            "RUNBOOK_HOSTS": self.target.origin,
            "RUNBOOK_PRIVATE_HOSTS": self.target.origin,
            "FAULT_TARGET": self.target.origin,
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        self._logs = (self.place / "forks.log").open("wb")

    def _forking(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "tests.faults.forking"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._logs,
            env=self.processes.environ(**self.origin),
            text=True,
            start_new_session=True,
        )

    def begin(self, runs: int) -> None:
        """Start ``runs`` runs, each in an incident of its own."""
        by, at = a_responder(site=the_enterprise(), email="commander@example.org"), timezone.now()
        book, first = a_book(self.target)
        slug = approved(book.data(first, name="Faults"), by=by, at=at, slug="faults")
        self.by, self.slug = by, slug
        client = proven(User.objects.get(email="commander@example.org"))
        self.origin["FAULT_COOKIE"] = client.cookies[settings.SESSION_COOKIE_NAME].value
        self._fork = self._forking()
        for _ in range(runs):
            self.more(at)

    def more(self, at: datetime) -> None:
        incident = an_incident(by=self.by, at=at, site=the_enterprise())
        with boundary.acting(self.by, at=at):
            running.start(incident, self.slug, by=self.by, at=at)

    def spawn(self, name: str, kind: str, *, is_doomed: bool = True) -> None:
        """Fork a child in the place ``name``."""
        assert self._fork.stdin is not None
        assert self._fork.stdout is not None
        seed = self.dice.randrange(1, 2**31) if is_doomed else 0
        self._fork.stdin.write(f"{kind} {seed}\n")
        self._fork.stdin.flush()
        self._alive[name] = int(self._fork.stdout.readline())

    def is_alive(self, name: str) -> bool:
        try:
            os.kill(self._alive[name], 0)
        except ProcessLookupError:
            return False
        return True

    def kill(self, name: str) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._alive[name], signal.SIGKILL)

    def buried(self, name: str, why: str) -> None:
        """Count a death, and remember what it held."""
        self.kills[why] += 1
        held = CommandRun.objects.filter(
            state="sending", worker__contains=f":{self._alive[name]}:"
        ).values_list("pk", "fence")
        for key in held:
            self._orphans[key] = time.monotonic()

    def cut(self) -> None:
        """End every connection of the others to the database."""
        with psycopg.connect(self.processes.environ()["DATABASE_URL"], autocommit=True) as owner:
            owner.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND usename = session_user"
                " AND backend_type = 'client backend' AND pid NOT IN (pg_backend_pid(), %s)",
                [self._mine()],
            )
        self.kills["database connections cut"] += 1

    def _mine(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return int(cursor.fetchone()[0])

    def forget(self) -> None:
        forget_everything()
        self.kills["broker emptied"] += 1

    def watch(self) -> None:
        """See which commands of the dead were taken up by somebody."""
        if not self._orphans:
            return
        held = set(
            CommandRun.objects.filter(
                pk__in=[pk for pk, _ in self._orphans], state="sending"
            ).values_list("pk", "fence")
        )
        for key in [one for one in self._orphans if one not in held]:
            self.slowest = max(self.slowest, time.monotonic() - self._orphans.pop(key))

    def runs(self) -> int:
        return Run.objects.filter(runbook="faults").count()

    def deaths(self) -> int:
        return sum(n for why, n in self.kills.items() if why.startswith("killed"))

    def storm(self, kills: int, *, seconds: float) -> None:
        """Let processes die until so many have; one worker is left alone for some seconds."""
        end = time.monotonic() + seconds
        born: dict[str, float] = {}
        self.spawn("steady", "worker", is_doomed=False)
        born["steady"] = time.monotonic()
        faults = [self.cut, self.forget]
        while self.deaths() < kills and time.monotonic() < end:
            for name, kind in DOOMED.items():
                if name not in self._alive:
                    self.spawn(name, kind)
                    born[name] = time.monotonic()
                elif not self.is_alive(name):
                    self.buried(name, f"killed in the middle: {kind}")
                    del self._alive[name]
                elif time.monotonic() - born[name] > self.dice.uniform(4, 7):
                    self.kill(name)
                    self.buried(name, f"killed from outside: {kind}")
                    del self._alive[name]
            if time.monotonic() - born["steady"] > self.dice.uniform(12, 18):
                self.kill("steady")
                self.buried("steady", "killed from outside: worker")
                self.spawn("steady", "worker", is_doomed=False)
                born["steady"] = time.monotonic()
                faults[self.deaths() % 2]()
            self.watch()
            if not Run.objects.filter(runbook="faults", state="running").exists():
                self.more(timezone.now())
            time.sleep(0.1)
        assert self.deaths() >= kills, (dict(self.kills), self.said())

    def finish(self) -> None:
        """Let healthy processes bring everything to its end."""
        for name in list(self._alive):
            if name != "steady":
                self.kill(name)
                self.buried(name, f"killed from outside: {DOOMED[name]}")
        self.spawn("web", "web", is_doomed=False)
        end = time.monotonic() + SETTLE_SECONDS
        while Run.objects.filter(runbook="faults", state="running").exists() or self._orphans:
            self.watch()
            assert time.monotonic() < end, (self.open(), self.said())
            time.sleep(0.1)

    def end(self) -> None:
        for name in self._alive:
            self.kill(name)
        os.killpg(self._fork.pid, signal.SIGKILL)
        self._fork.communicate()
        self._logs.close()

    def open(self) -> list[object]:
        steps = StepRun.objects.filter(run__state="running", run__runbook="faults", ended_at=None)
        return list(steps.values_list("run_id", "state", "question", "order"))[:20]

    def said(self) -> str:
        return (self.place / "forks.log").read_text()[-3000:]

    def faults(self) -> list[str]:
        """Return everything that does not hold: nothing after any number of faults."""
        runs = Run.objects.filter(runbook="faults")
        if ENDED in (self.place / "forks.log").read_text():
            return [self.said()]
        found = [f"run {run.pk} is {run.state}" for run in runs.exclude(state="done")]
        at_most_once = set(
            CommandRun.objects.filter(effect="at_most_once").values_list("key", flat=True)
        )
        found += [
            f"{key} took effect {n} times"
            for key, n in self.target.effects.items()
            if n > 1 and key in at_most_once
        ]
        for run in runs:
            found += self._of(run)
        return found

    def _of(self, run: Run) -> list[str]:
        """Each command of the document took effect: once, where it must not be repeated."""
        counted: Counter[str] = Counter()
        kinds: dict[str, str] = {}
        for url, effect, key in CommandRun.objects.filter(run=run).values_list(
            "request__url", "effect", "key"
        ):
            counted[url] += self.target.effects[key]
            kinds[url] = effect
        wrong = {
            url: n
            for url, n in counted.items()
            if n < 1 or (kinds[url] == "at_most_once" and n != 1)
        }
        paths = 8
        if len(counted) != paths:
            return [f"run {run.pk}: {len(counted)} of {paths} commands"]
        return [f"run {run.pk}: {wrong}"] if wrong else []
