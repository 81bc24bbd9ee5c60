"""Run the product: servers, database, web, worker and beat, until somebody stops it."""

import http
import http.client
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from config.embedded import auditing, environment, ports, steps, supervisor
from config.embedded.children import LADDERS
from config.embedded.compiling import Compiling
from config.embedded.errors import LaunchError
from config.embedded.home import Home
from config.embedded.prepared import Prepared
from config.embedded.services import Services
from config.embedded.steps import Step, Steps
from config.embedded.stopping import Stopping
from config.embedded.supervisor import Program, Restarts, Runnable, Watched

READY_SECONDS = 30.0
_POLL_SECONDS = 0.1
# Messages are JSON only, so the danger that Celery warns root of is not there.
_ROOT_IS_FINE = "ignore:You're running the worker with superuser"


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
    services = Services(home, environ, stopping=stopping, say=_say)
    programs: dict[str, Program] = {}
    helpers: list[Steps | Compiling] = []
    try:
        ports.require_free(port)
        is_first = not environ.get("DATABASE_URL") and not (home.path / "pg").exists()
        if is_first:
            helpers.append(Compiling(root=root, env=environ))
        services.start()
        env = environment.for_children(environ, services.environment, port=port)
        audit = auditing.prepare(home, env)
        env |= audit.environment
        environment.publish(env, home.path / "environment")
        programs = _programs(home, env, port, audit.commands)
        watched = _watched(programs, services)
        wanted = [steps.MIGRATE, steps.SEED, *([steps.DEMO] if demo else [])]
        known = Prepared(home.path, root=root, steps=wanted) if services.postgres else None

        def run_steps(which: list[Step]) -> Steps:
            return Steps(which, root=root, env=env, stopping=stopping, last_apart=True)

        def prepare() -> list[str]:
            """Return the login: in the process that has imported Django it costs nothing."""
            if known:
                known.forget()
            began = run_steps([*wanted, steps.LOGIN])
            said = began.finish(after_first=None if web.process else web.start)
            if known:
                known.note()
            return said

        # It imports Django meanwhile; /readyz says no until the migrations are there. On a first
        # start it waits for them: processes that compile the same modules hinder each other.
        web = programs["web"]
        if not is_first:
            web.start()
        cure = prepare if known and known.holds() else None
        told = [] if cure else prepare()
        told += _until_ready(port, watched, stopping, cure=cure)
        _tell_ready(port, told, started)
        _stop_all(helpers)
        login = None if told else run_steps([steps.LOGIN])
        helpers = [login] if login else []
        _start_all(program for program in programs.values() if program is not web)
        _watch(watched, stopping, login)
    finally:
        _stop_all(helpers)
        _stop(programs, services, home, stopping)
    return 0


def _start_all(programs: Iterable[Program]) -> None:
    for program in programs:
        program.start()


def _stop_all(helpers: Iterable[Steps | Compiling]) -> None:
    for helper in helpers:
        helper.stop()


def _tell_ready(port: int, told: list[str], started: float) -> None:
    _say(f"ready in {time.monotonic() - started:.1f} s")
    for line in (f"http://localhost:{port}/", *told):
        _say(line)


def _stop(
    programs: Mapping[str, Program], services: Services, home: Home, stopping: Stopping
) -> None:
    """Stop in order of dependence: what writes first, PostgreSQL last."""
    if stopping.requested:
        _say("stopping; once more to hurry")
    for program in programs.values():
        program.stop(hurry=stopping.hurried)
    services.stop()
    (home.path / "environment").unlink(missing_ok=True)
    home.close()
    _say("stopped")


def _programs(
    home: Home, env: Mapping[str, str], port: int, audit: Mapping[str, list[str]]
) -> dict[str, Program]:
    """Return the programs by name, in the order of stopping: that of their ladders."""
    celery = [sys.executable, "-W", _ROOT_IS_FINE, "-m", "celery", "-q", "-A", "config"]
    beat = ["beat", "-l", "info", "-s", str(home.path / "beat-schedule")]
    worker = ["worker", "-l", "info", "-P", "threads", "-c", "4"]
    worker += ["--without-gossip", "--without-mingle"]
    web = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "2", "--no-ws"]
    web += ["--host", "127.0.0.1", "--port", str(port), "config.wsgi:application"]
    # Each thread holds a database connection, and the server has 100. A worker that is told to
    # stop while it still imports would never end by itself.
    web += ["--blocking-threads", "8", "--workers-kill-timeout", "3"]
    commands = {"beat": [*celery, *beat], "web": web, "worker": [*celery, *worker], **audit}
    ordered = [name for name in LADDERS if name in commands]
    return {name: Program(name, commands[name], env=env, home=home) for name in ordered}


def _watched(programs: Mapping[str, Program], services: Services) -> list[Watched]:
    """Return all that must run, PostgreSQL first: the others cannot do without it."""
    servers: dict[str, Runnable] = dict(reversed(services.servers.items()))
    things = {**servers, **programs}
    return [Watched(name, thing, Restarts(name)) for name, thing in things.items()]


def _watch(watched: list[Watched], stopping: Stopping, login: Steps | None) -> None:
    while not stopping.requested:
        for one in watched:
            one.tend(time.monotonic())
        if login is not None and login.process.poll() is not None:
            _tell(login)
            login = None
        time.sleep(_POLL_SECONDS)


def _tell(login: Steps) -> None:
    try:
        for line in login.finish():
            _say(line)
    except LaunchError as error:
        # The product runs; who has a login already loses nothing.
        _say(f"no login was issued: {error}")


def _until_ready(
    port: int,
    watched: list[Watched],
    stopping: Stopping,
    *,
    cure: Callable[[], list[str]] | None = None,
) -> list[str]:
    """Return once /readyz answers 200; when it answers otherwise, try ``cure`` once.

    Returns what the cure said, nothing if none was needed.

    Raises:
        LaunchError: not within 30 s; says what /readyz answered last.
    """
    end = time.monotonic() + READY_SECONDS
    said: list[str] = []
    while True:
        status, text = _readyz(port)
        if status == http.HTTPStatus.OK:
            return said
        if cure is not None and status is not None:
            said = cure()
            cure, end = None, time.monotonic() + READY_SECONDS
            continue
        for one in watched:
            one.tend(time.monotonic())
        if time.monotonic() > end:
            raise LaunchError(f"not ready within {READY_SECONDS:.0f} s: /readyz: {text}")
        stopping.pause(_POLL_SECONDS)


def _readyz(port: int) -> tuple[int | None, str]:
    """Return what /readyz answers, or no status and why there is no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers={"Host": f"localhost:{port}"})
        answer = connection.getresponse()
        text = answer.read(2000).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return None, str(error)
    finally:
        connection.close()
    return answer.status, f"{answer.status} {text}"


def _say(text: str) -> None:
    supervisor.say("launcher", text)
