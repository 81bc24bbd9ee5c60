"""Run the product: servers, database, web, worker and beat, until somebody stops it."""

import http
import http.client
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from config.embedded import children, environment, ports, steps, supervisor
from config.embedded.errors import Interrupted, LaunchError
from config.embedded.home import Home
from config.embedded.services import Services
from config.embedded.stopping import Stopping
from config.embedded.supervisor import Program, Restarts, Runnable, Watched
from config.embedded.waiting import finish

READY_SECONDS = 30.0
_POLL_SECONDS = 0.1


def run(
    *, root: Path, environ: Mapping[str, str], stopping: Stopping, port: int, demo: bool
) -> int:
    """Run everything until Ctrl-C or SIGTERM, then stop in order; return 0.

    Raises:
        LaunchError: with the cure; everything started has been stopped again.
        Interrupted: somebody asked to stop before it was ready; all is stopped.
    """
    started = time.monotonic()
    home = Home.open(root / "var")
    programs: list[Program] = []
    login: subprocess.Popen[bytes] | None = None
    services = Services(home, environ, stopping=stopping, say=_say)
    try:
        ports.require_free(port)
        services.start()
        env = environment.for_children(environ, services.environment, port=port)
        for step in (steps.MIGRATE, steps.SEED, *([steps.DEMO] if demo else [])):
            steps.manage(step, root=root, env=env, stopping=stopping)
        # It imports Django while the web server does, and waits for nobody.
        login = steps.begin(steps.LOGIN, root=root, env=env, stdout=subprocess.PIPE)
        programs = _programs(home, env, port)
        for program in programs:
            program.start()
        watched = _watched(programs, services)
        _until_ready(port, watched, stopping)
        _say(f"ready in {time.monotonic() - started:.1f} s")
        _say(f"http://localhost:{port}/")
        for line in _output(login, stopping):
            _say(line)
        _watch(watched, stopping)
    except Interrupted:
        if not programs:
            raise
    finally:
        if stopping.requested:
            _say("stopping; once more to hurry")
        if login is not None:
            children.stop(login, children.LADDERS["beat"], hurry=stopping.hurried)
        for program in programs:
            program.stop(hurry=stopping.hurried)
        services.stop()
        home.close()
    _say("stopped")
    return 0


def _output(step: "subprocess.Popen[bytes]", stopping: Stopping) -> list[str]:
    finish(step, stopping)
    text = step.stdout.read() if step.stdout is not None else b""
    return text.decode(errors="replace").splitlines()


def _programs(home: Home, env: Mapping[str, str], port: int) -> list[Program]:
    """Return the programs in the order of stopping: beat, web, worker."""
    celery = [sys.executable, "-m", "celery", "-A", "config"]
    beat = ["beat", "-l", "info", "-s", str(home.path / "beat-schedule")]
    worker = ["worker", "-l", "info", "-P", "threads", "-c", "4"]
    worker += ["--without-gossip", "--without-mingle"]
    web = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "2", "--no-ws"]
    web += ["--host", "127.0.0.1", "--port", str(port), "config.wsgi:application"]
    commands = {"beat": [*celery, *beat], "web": web, "worker": [*celery, *worker]}
    return [Program(name, argv, env=env, home=home) for name, argv in commands.items()]


def _watched(programs: list[Program], services: Services) -> list[Watched]:
    """Return all that must run, PostgreSQL first: the others cannot do without it."""
    things: dict[str, Runnable] = {**services.servers, **{p.name: p for p in programs}}
    return [Watched(name, thing, Restarts(name)) for name, thing in reversed(things.items())]


def _watch(watched: list[Watched], stopping: Stopping) -> None:
    while not stopping.requested:
        for one in watched:
            one.tend(time.monotonic())
        time.sleep(_POLL_SECONDS)


def _until_ready(port: int, watched: list[Watched], stopping: Stopping) -> None:
    """Return once /readyz answers 200.

    Raises:
        LaunchError: not within 30 s; says what /readyz answered last.
    """
    end = time.monotonic() + READY_SECONDS
    while (answer := _readyz(port)) != "":
        for one in watched:
            one.tend(time.monotonic())
        if time.monotonic() > end:
            raise LaunchError(f"not ready within {READY_SECONDS:.0f} s: {answer}")
        stopping.pause(_POLL_SECONDS)


def _readyz(port: int) -> str:
    """Return an empty text when ready, else what is wrong."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers={"Host": f"localhost:{port}"})
        answer = connection.getresponse()
        text = answer.read(2000).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return f"/readyz: {error}"
    finally:
        connection.close()
    return "" if answer.status == http.HTTPStatus.OK else f"/readyz: {answer.status} {text}"


def _say(text: str) -> None:
    supervisor.say("launcher", text)
