"""Real workers and web servers on the test's own database and broker."""

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import redis
from django.conf import settings
from django.db import connection
from django.utils import timezone

from governance import boundary, jobs
from governance.domain import actor as actors
from governance.models import Job, Notice
from tests.builders.governance import a_user

ROOT = Path(__file__).parents[2]
Process = subprocess.Popen[bytes]
Start = Callable[[], Process]

_CELERY = [sys.executable, "-m", "celery", "-A", "tests.faults.worker"]
_WORKER = [*_CELERY, "worker", "-P", "threads", "-c", "2", "--without-gossip", "--without-mingle"]
_WEB = [
    *(sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "1", "--no-ws"),
    *("--host", "127.0.0.1", "--blocking-threads", "2", "config.wsgi:application", "--port"),
]


class Processes:
    """Processes under way, their logs, and their certain end."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: list[Process] = []

    def worker(self, **environ: str) -> Process:
        """Start a Celery worker that also knows the kind ``fault``."""
        return self._start([*_WORKER, "-n", f"{len(self._running)}@%h"], **environ)

    def beat(self) -> Process:
        """Start the scheduler, which looks every five seconds what is due."""
        return self._start([*_CELERY, "beat", "-s", str(self._logs / "beat-schedule")])

    def web(self, port: int) -> Process:
        """Start a web server; ``answer`` waits until it listens."""
        return self._start([*_WEB, str(port)])

    def run(self, argv: list[str], **environ: str) -> Process:
        """Start any other process on the same database, with more in its environment."""
        return self._start(argv, **environ)

    def log(self, process: Process) -> str:
        """Return what a process has said."""
        return (self._logs / f"{self._running.index(process)}.log").read_text()

    def end(self) -> None:
        """Kill them all."""
        for process in self._running:
            kill(process)

    def environ(self, **more: str) -> dict[str, str]:
        """Return the environment of a process on the database of this test."""
        name = connection.settings_dict["NAME"]
        url = re.sub(r"^(postgres(?:ql)?://[^/]*)/[^?]*", rf"\1/{name}", os.environ["DATABASE_URL"])
        return {**os.environ, "DATABASE_URL": url, "DATABASE_OWNER_URL": url, **more}

    def _start(self, argv: list[str], **environ: str) -> Process:
        with (self._logs / f"{len(self._running)}.log").open("wb") as log:
            process = subprocess.Popen(
                argv,
                cwd=ROOT,
                env=self.environ(**environ),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._running.append(process)
        return process


def kill(process: Process) -> None:
    """Kill a process and what it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def holds_a_job(worker: Process) -> bool:
    return Job.objects.filter(state="leased", worker__contains=f":{worker.pid}:").exists()


def kill_at_work(worker: Process, *, seconds: float = 40) -> None:
    """Kill a worker in the middle of a job; it is halted first, so that it cannot finish it."""
    end = time.monotonic() + seconds
    while True:
        os.killpg(worker.pid, signal.SIGSTOP)
        if holds_a_job(worker):
            kill(worker)
            return
        os.killpg(worker.pid, signal.SIGCONT)
        assert time.monotonic() < end, f"no job in its hands within {seconds} s"
        time.sleep(0.05)


def answer(port: int, path: str, *, cookie: str = "", seconds: float = 30) -> tuple[int, str]:
    """Return status and body of one request, waiting for the server to listen."""
    end = time.monotonic() + seconds
    while True:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
        try:
            client.request("GET", path, headers={"Host": f"localhost:{port}", "Cookie": cookie})
            response = client.getresponse()
            return response.status, response.read().decode()
        except ConnectionRefusedError:
            assert time.monotonic() < end, f"nobody listens at {port} after {seconds} s"
            time.sleep(0.05)
        finally:
            client.close()


def forget_everything() -> None:
    """Empty all of Valkey (FLUSHALL); fault tests run alone, so this empties nobody else's."""
    redis.Redis.from_url(settings.REDIS_URL).flushall()


def enqueue(count: int) -> None:
    """Put off ``count`` jobs, each of which writes two notices."""
    user = str(a_user().pk)
    at = timezone.now()
    with boundary.acting(actors.service("scheduler"), at=at):
        for number in range(count):
            jobs.enqueue(
                "fault", key=f"fault:{number}", payload={"user": user, "number": number}, at=at
            )


def done() -> int:
    return Job.objects.filter(kind="fault", state="done").count()


def wait_for(wanted: int, *, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (now := done()) < wanted:
        assert time.monotonic() < end, f"{now} of {wanted} done after {seconds} s"
        time.sleep(0.1)


def wrong_effects(count: int) -> dict[str, int]:
    """Return the effects of jobs 0..count that are there not exactly once, and how often."""
    seen = Counter(key.rpartition(":")[0] for key in Notice.objects.values_list("key", flat=True))
    wanted = {f"{number}:{half}" for number in range(count) for half in ("first", "second")}
    return {key: seen[key] for key in wanted | set(seen) if seen[key] != (key in wanted)}
