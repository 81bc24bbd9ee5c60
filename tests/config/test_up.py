"""``python -m config.up``: one command against throwaway servers, and the run of the product."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from config import up
from config.embedded import environment, pids, ports
from config.embedded.errors import LaunchError
from config.embedded.home import Home
from config.embedded.supervisor import Program, Restarts, Watched
from tests.config.launching import ROOT, a_launcher, bare_environ

EMPTY = [sys.executable, "-m", "config.up", "--throwaway", "--empty", "--"]


def test_the_commands_exit_code_comes_through_and_nothing_stays() -> None:
    code = (
        "import os, sys, psycopg, redis; "
        "home = os.environ['DATABASE_URL'].partition('host=')[2]; "
        "row = psycopg.connect(os.environ['DATABASE_URL']).execute('SELECT current_user'); "
        "redis.from_url(os.environ['REDIS_URL']).ping(); "
        "pid = open(home + '/../pg/postmaster.pid').readline(); "
        "print(home, row.fetchone()[0], int(pid)); sys.exit(7)"
    )
    run = subprocess.run(
        [*EMPTY, "python", "-c", code], capture_output=True, text=True, env=bare_environ(), cwd=ROOT
    )
    assert (run.returncode, run.stderr) == (7, "")
    home, user, pid = run.stdout.split()
    assert user == "wardroom_app"
    assert pids.token(int(pid)) is None
    assert not Path(home).parent.exists()


def test_a_command_ended_by_a_signal_and_an_unknown_one() -> None:
    killed = subprocess.run([*EMPTY, "/bin/sh", "-c", "kill -9 $$"], env=bare_environ(), cwd=ROOT)
    assert killed.returncode == 128 + signal.SIGKILL
    unknown = subprocess.run(
        [*EMPTY, "no-such-command"], capture_output=True, text=True, env=bare_environ(), cwd=ROOT
    )
    assert unknown.returncode == 1
    assert unknown.stderr == "wardroom: cannot run no-such-command: No such file or directory\n"


def test_sigterm_stops_the_command_and_removes_all() -> None:
    process = subprocess.Popen(
        [*EMPTY, "/bin/sh", "-c", "echo $DATABASE_URL; exec /bin/sleep 60"],
        stdout=subprocess.PIPE,
        text=True,
        env=bare_environ(),
        cwd=ROOT,
    )
    with process:
        assert process.stdout is not None
        home = Path(process.stdout.readline().partition("host=")[2].strip()).parent
        process.terminate()
        assert process.wait(timeout=15) == 128 + signal.SIGTERM
    assert not home.exists()


def test_the_servers_of_a_killed_throwaway_launcher_are_swept() -> None:
    with a_launcher(None) as (launcher, said):
        home = Path(str(said["home"]))
        launcher.kill()
        launcher.wait()
        old = time.time() - 3600
        os.utime(home, (old, old))
        Home.temporary(bare_environ()).close()
        assert not home.exists()
        assert not any(pids.token(pid) for pid in said["pids"].values())


def test_a_living_throwaway_home_is_never_swept() -> None:
    home = Home.temporary(bare_environ())
    old = time.time() - 3600
    os.utime(home.path, (old, old))
    Home.temporary(bare_environ()).close()
    assert home.path.exists()
    home.close()
    assert not home.path.exists()


def test_a_taken_port_names_its_holder_and_the_next_try() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(LaunchError) as refused:
            ports.require_free(port)
    assert str(refused.value).startswith(f"Port {port} is taken (pid {os.getpid()}, ")
    assert str(refused.value).endswith(f"Try: make run PORT={port + 1}")
    ports.require_free(port)


@pytest.mark.parametrize(
    "words", [["--throwaway"], ["--demo"], ["--", "true"], ["--throwaway", "--demo", "--empty"]]
)
def test_a_half_command_line_is_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        up.main(words)
    assert ended.value.code == 2


def test_children_find_our_python_first_and_keep_what_was_set() -> None:
    env = environment.for_children(
        {"PATH": "/usr/bin", "PUBLIC_URL": "https://wardroom.example"}, {"A": "1"}, port=8001
    )
    assert env["PATH"] == f"{Path(sys.executable).parent}{os.pathsep}/usr/bin"
    assert env["PUBLIC_URL"] == "https://wardroom.example"
    assert environment.for_children({}, {}, port=8001)["PUBLIC_URL"] == "http://localhost:8001"


def test_back_off_grows_then_gives_up() -> None:
    restarts = Restarts("web")
    assert [restarts.ended(at) for at in (0, 10, 20, 30)] == [0.5, 1, 2, 4]
    with pytest.raises(LaunchError, match="web ended 5 times within 60 s"):
        restarts.ended(40)
    calm = Restarts("web")
    assert [calm.ended(at) for at in (0, 61, 122, 183, 244, 305)] == [0.5] * 6


def test_a_program_that_ends_is_started_again_with_prefixed_lines(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    home = Home.open(tmp_path / "var")
    # As granian does: a child of its own, which survives when only the leader is killed.
    script = "/bin/sleep 60 & echo hello; wait"
    program = Program("web", ["/bin/sh", "-c", script], env=os.environ, home=home)
    program.start()
    watched = Watched("web", program, Restarts("web"))
    assert program.process is not None
    first = program.process.pid
    _until(lambda text: "web      | hello" in text, capfd)
    program.process.kill()
    program.process.wait()
    assert pids.session(first)
    watched.tend(100.0)
    watched.tend(100.4)
    assert program.process.pid == first
    watched.tend(100.5)
    assert program.process.pid != first
    assert not pids.session(first)
    said = _until(lambda text: "web      | hello" in text, capfd)
    assert "launcher | web ended with code -9; starts again in 0.5 s" in said
    program.stop(hurry=lambda: False)
    home.close()
    assert program.process.returncode == -signal.SIGTERM


def _until(ready: Callable[[str], bool], capfd: pytest.CaptureFixture[str]) -> str:
    said = ""
    end = time.monotonic() + 10
    while not ready(said):
        assert time.monotonic() < end, said
        time.sleep(0.02)
        said += capfd.readouterr().out
    return said
