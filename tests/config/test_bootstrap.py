"""config/bootstrap.py: a bare or wrong Python gets one line that says the cure."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from config import bootstrap

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "config" / "bootstrap.py"


def copied(to: Path) -> Path:
    """Return bootstrap.py in an otherwise empty checkout."""
    (to / "config").mkdir()
    (to / "requirements-dev.lock").write_text("")
    return Path(shutil.copy(SCRIPT, to / "config"))


def old_python(version: str) -> str:
    """Return an interpreter of that version, or skip by its name."""
    found = shutil.which(f"python{version}")
    roots = (Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python")
    for candidate in (found, *map(str, roots)):
        answer = candidate and subprocess.run([candidate, "-c", ""], capture_output=True)
        if candidate and answer and answer.returncode == 0:
            return candidate
    pytest.skip(f"no python{version} on this machine")


@pytest.mark.parametrize("version", ["2.7", "3.6", "3.8"])
def test_an_old_python_is_told_which_one_is_needed(version: str) -> None:
    run = subprocess.run([old_python(version), SCRIPT, "run"], capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stdout == ""
    assert re.fullmatch(
        rf"wardroom: Wardroom needs Python 3\.11 or newer; \S+ is {version}\.\d+ at \S+\. "
        r"Try: make PYTHON=python3\.12 run\n",
        run.stderr,
    )


def test_a_python_without_venv_module_names_the_package(tmp_path: Path) -> None:
    script = copied(tmp_path)
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "ensurepip.py").write_text("raise ImportError('No module named ensurepip')")
    env = {"PATH": str(broken), "PYTHONPATH": str(broken)}
    run = subprocess.run([sys.executable, script, "venv"], capture_output=True, text=True, env=env)
    assert run.returncode == 1
    assert "has no venv module. Try: apt install python3-venv" in run.stderr
    assert len(run.stderr.splitlines()) == 1
    assert not (tmp_path / ".venv").exists()


def test_the_environment_gets_the_pip_that_came_with_python(tmp_path: Path) -> None:
    script = copied(tmp_path)
    make = "import sys; sys.path.insert(0, 'config'); import bootstrap; bootstrap.create_venv()"
    env = {**os.environ, "PYTHONPATH": ""}
    run = subprocess.run(
        [getattr(sys, "_base_executable", sys.executable), "-c", make],
        cwd=script.parents[1],
        env=env,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    python = tmp_path / ".venv" / "bin" / "python"
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--disable-pip-version-check"],
        env=env,
        capture_output=True,
        text=True,
    )
    assert re.search(r"^pip\s+\d", listed.stdout, re.MULTILINE), listed.stderr


def test_debians_own_directory_of_wheels_comes_first_and_two_pips_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sysconfig, "get_config_var", {"WHEEL_PKG_DIR": str(tmp_path)}.get)
    bundled = bootstrap.pip_wheel()
    (tmp_path / "pip-99.0-py3-none-any.whl").touch()
    assert bootstrap.pip_wheel() == str(tmp_path / "pip-99.0-py3-none-any.whl")
    (tmp_path / "pip-98.0-py3-none-any.whl").touch()
    assert bootstrap.pip_wheel() == bundled


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    script = copied(tmp_path)
    tmp_path.chmod(0o555)
    prefix = ["setpriv", "--bounding-set=-dac_override", "--"] if os.geteuid() == 0 else []
    if prefix and shutil.which("setpriv") is None:
        pytest.skip("no setpriv: root can write everywhere")
    try:
        run = subprocess.run(
            [*prefix, sys.executable, script, "venv"], capture_output=True, text=True
        )
    finally:
        tmp_path.chmod(0o755)
    assert run.returncode == 1
    assert run.stderr == (
        f"wardroom: {tmp_path} is not writable: clone Wardroom into a folder of yours\n"
    )


def test_a_failed_leg_does_not_stop_the_next_and_the_worst_code_counts(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    report = "<testsuites><testsuite tests='7' failures='1' errors='1' skipped='2'/></testsuites>"
    write = f"import sys; open(sys.argv[-1].partition('=')[2], 'w').write({report!r})"
    legs = [
        bootstrap.Leg("first", [sys.executable, "-c", "raise SystemExit(3)"]),
        bootstrap.Leg("browser", ["none"], skipped="no chromium: set CHROMIUM=<path>"),
        bootstrap.Leg("absent", ["/nonexistent/tool"]),
        bootstrap.Leg("tests", [sys.executable, "-c", write], is_pytest=True),
        bootstrap.Leg("crash", [sys.executable, "-c", "raise SystemExit(2)"], is_pytest=True),
    ]
    assert bootstrap.legs(legs) == 3
    lines = capfd.readouterr().out.splitlines()
    assert "==== browser: SKIPPED, no chromium: set CHROMIUM=<path>" in lines
    assert [line.split()[:2] for line in lines if line.startswith(("first", "crash", "tests"))] == [
        ["first", "FAILED"],
        ["tests", "passed"],
        ["crash", "FAILED"],
    ]
    # 7 - 2 - 2 passed; the crash without a report is one more failure.
    assert lines[-1] == "3 passed, 3 failed, 2 skipped"


def test_a_leg_beside_another_runs_meanwhile_and_is_told_after_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each waits for the file of the other: one after another neither would end well."""
    meet = (
        "import pathlib, sys, time; mine, other = map(pathlib.Path, sys.argv[1:]); mine.touch();"
        "end = time.time() + 20\n"
        "while not other.exists() and time.time() < end: time.sleep(0.05)\n"
        "print(mine.name, flush=True); raise SystemExit(0 if other.exists() else 9)"
    )
    one, other = str(tmp_path / "one"), str(tmp_path / "other")
    beside = bootstrap.Leg("aside", [sys.executable, "-c", meet, other, one])
    leg = bootstrap.Leg("main", [sys.executable, "-c", meet, one, other], beside=beside)
    nothing = bootstrap.Leg("nothing", [sys.executable, "-c", ""])
    absent = bootstrap.Leg("absent", ["/nonexistent/tool"], beside=nothing)
    assert bootstrap.legs([leg]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines.index("one") < lines.index("==== aside") < lines.index("other")
    assert [line.split()[:2] for line in lines[-2:]] == [["main", "passed"], ["aside", "passed"]]
    assert bootstrap.legs([absent]) == 1
    slow = bootstrap.Leg("slow", [sys.executable, "-c", "import time; time.sleep(3)"])
    slow.beside = bootstrap.Leg("quick", [sys.executable, "-c", ""])
    assert bootstrap.legs([slow]) == 0
    assert slow.beside.seconds < slow.seconds


def test_a_campaign_without_tests_is_named_and_no_failure(
    capfd: pytest.CaptureFixture[str],
) -> None:
    nothing = [sys.executable, "-c", "raise SystemExit(5)"]
    campaign = bootstrap.Leg("soak", nothing, is_pytest=True, may_be_empty=True)
    assert bootstrap.legs([campaign]) == 0
    lines = capfd.readouterr().out.splitlines()
    (row,) = [line.split() for line in lines if line.startswith("soak")]
    assert row[:2] + row[3:] == ["soak", "SKIPPED", "no", "test", "is", "marked", "so"]
    assert lines[-1] == "0 passed, 0 failed, 0 skipped"
    assert bootstrap.legs([bootstrap.Leg("tests", nothing, is_pytest=True)]) == 5


@pytest.mark.parametrize("given", ["", "/elsewhere"])
def test_bytecode_not_wanted_beside_the_sources_is_kept_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    bootstrap.keep_bytecode()
    assert "PYTHONPYCACHEPREFIX" not in os.environ
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    if given:
        monkeypatch.setenv("PYTHONPYCACHEPREFIX", given)
    bootstrap.keep_bytecode()
    assert "PYTHONDONTWRITEBYTECODE" not in os.environ
    assert os.environ["PYTHONPYCACHEPREFIX"] == (given or str(ROOT / ".venv" / "bytecode"))


def test_a_port_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "http")
    with pytest.raises(bootstrap.Refusal, match="PORT must be a number from 1 to 65535"):
        bootstrap.run()


def test_passwords_of_proxies_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret@proxy.example:3128")
    shown = bootstrap.network()
    assert "HTTPS_PROXY=http://***@proxy.example:3128" in shown
    assert "secret" not in shown


def test_unknown_verbs_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert bootstrap.main(["--help"]) == 0
    assert bootstrap.main(["fly"]) == 2
    assert "make test" in capsys.readouterr().out
