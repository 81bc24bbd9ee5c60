"""What `make` does, from a bare Python to a running or tested Wardroom.

Must parse on old Pythons (2.7, 3.6), so that it can say which one is needed: no
f-strings, no annotations, standard library only.

    make run     everything from nothing: environment, servers, database, web (PORT=8000)
    make test    static checks, all tests, browser tests; a table of legs at the end
    make check   the static checks alone
    make bench   the measurements of bench/
    make soak    the long campaigns
    make venv    the environment alone
    make clean   remove the environment and all data
"""

from __future__ import print_function

import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree
import zipfile

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, ".lock-sha256")
LOCK = os.path.join(ROOT, "requirements-dev.lock")
APPS = ("governance", "catalog", "partners", "incidents", "config")
CHROMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_CHROME = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
NETWORK = "(?i).*proxy$|^(pip|uv)_.*(index|links|cert|offline|config)"

# What pytest answers when nothing was left to run.
NOTHING_COLLECTED = 5

# Enough for settings to load where no server is asked anything.
STATIC = {
    "DATABASE_URL": "postgres://nobody@/none?host=/nonexistent",
    "REDIS_URL": "unix:///nonexistent/v.sock?db=0",
    "SECRET_KEY": "only-for-static-checks-" * 4,
    "MFA_KEYS": "b25seS1mb3Itc3RhdGljLWNoZWNrcy0zMi1ieXRlcyE=",
    "DJANGO_SETTINGS_MODULE": "config.settings",
}
MIGRATION_LINT = """
import sys, django
django.setup()
from django_migration_linter import MigrationLinter
linter = MigrationLinter(".", include_apps=sys.argv[1:], no_cache=True)
linter.lint_all_migrations()
sys.exit(linter.has_errors)
"""
SYSTEM_POSTGRES = """
import os, sys
from config.embedded import discovery, errors
try:
    print(discovery.postgres(os.environ).version)
except errors.LaunchError as error:
    sys.exit(str(error))
"""


class Refusal(Exception):
    """Cannot go on; the text is for a person and says the cure."""


def main(words):
    verbs = {
        "venv": make_venv,
        "run": run,
        "test": lambda: legs(static_legs() + test_legs()),
        "check": lambda: legs(static_legs()),
        "bench": bench,
        "soak": lambda: legs([soak_leg()]),
        "clean": clean,
    }
    if len(words) != 1 or words[0] not in verbs:
        print(__doc__.strip())
        return 0 if words in ([], ["--help"], ["-h"]) else 2
    os.chdir(ROOT)
    keep_bytecode()
    try:
        if words[0] != "clean":
            require_python()
        if words[0] not in ("clean", "venv"):
            make_venv()
        return verbs[words[0]]() or 0
    except Refusal as refusal:
        print("wardroom: %s" % refusal, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def require_python():
    if sys.version_info < OLDEST:
        raise Refusal(
            "Wardroom needs Python %d.%d or newer; %s is %d.%d.%d at %s. "
            "Try: make PYTHON=python3.12 %s"
            % (
                OLDEST
                + (os.path.basename(sys.executable),)
                + tuple(sys.version_info[:3])
                + (sys.executable, (sys.argv[1:] or ["run"])[0])
            )
        )


# ---- the environment


def keep_bytecode():
    """Keep compiled modules in .venv where none may be written beside the sources.

    Without any, each of the processes compiles a thousand modules anew: seconds.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
        os.environ.setdefault("PYTHONPYCACHEPREFIX", os.path.join(VENV, "bytecode"))


def make_venv():
    """Make .venv and install the locked packages, unless both are there already."""
    wanted = [file_hash(LOCK), ROOT, "%d.%d" % sys.version_info[:2]]
    if os.path.exists(PYTHON) and read_lines(STAMP) == wanted:
        return
    if not os.access(ROOT, os.W_OK):
        raise Refusal("%s is not writable: clone Wardroom into a folder of yours" % ROOT)
    if venv_is_of_another(wanted):
        shutil.rmtree(VENV)
    if not os.path.exists(PYTHON):
        create_venv()
    uv = install_uv()
    print("Installing the locked packages ...")
    sys.stdout.flush()
    pip = [PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    failed = "no uv"
    if uv:
        sync = [uv, "pip", "sync", "-q", "--python", PYTHON, "--require-hashes", LOCK]
        failed = attempt(sync, uv_environment())
        if failed:
            print("warning: uv could not install (%s); trying pip" % last_lines(failed, 1))
    if failed:
        failed = attempt(pip + ["--require-hashes", "-r", LOCK])
    if failed:
        raise Refusal("the packages could not be installed:\n%s\n%s" % (failed, network()))
    with open(STAMP, "w") as stamp:
        stamp.write("\n".join(wanted) + "\n")


def venv_is_of_another(wanted):
    """Tell whether .venv belongs to another Python or to another place of the checkout."""
    if not os.path.isdir(VENV):
        return False
    stamp = read_lines(STAMP)
    if len(stamp) == 3 and stamp[1:] != wanted[1:]:
        return True
    try:
        ask = "import sys; print('%d.%d' % sys.version_info[:2])"
        return subprocess.check_output([PYTHON, "-c", ask]).decode().strip() != wanted[2]
    except (OSError, subprocess.CalledProcessError):
        return True


def create_venv():
    print("Making .venv with Python %d.%d ..." % sys.version_info[:2])
    sys.stdout.flush()
    missing = attempt([sys.executable, "-c", "import venv, ensurepip"])
    if not missing:
        wheel = pip_wheel()
        failed = attempt([sys.executable, "-m", "venv"] + ["--without-pip"] * bool(wheel) + [VENV])
        if failed:
            shutil.rmtree(VENV, ignore_errors=True)
            raise Refusal("%s could not be made:\n%s" % (VENV, last_lines(failed, 5)))
        if wheel:
            unpack_pip(wheel)
        return
    uv = which("uv")
    if uv is None:
        raise Refusal(
            "%s has no venv module. Try: apt install python3-venv (Debian, Ubuntu), "
            "or install uv, or make PYTHON=<another Python>" % sys.executable
        )
    failed = attempt([uv, "venv", "-q", "--seed", "--python", sys.executable, VENV])
    if failed:
        raise Refusal("uv could not make %s:\n%s" % (VENV, last_lines(failed, 5)))


def pip_wheel():
    """Return the path of the pip that comes with this Python, or None where it hides it."""
    import sysconfig

    import ensurepip

    # Debian keeps its wheels in a directory of its own and says so here.
    own = sysconfig.get_config_var("WHEEL_PKG_DIR")
    bundled = os.path.join(os.path.dirname(ensurepip.__file__), "_bundled")
    found = [glob.glob(os.path.join(place, "pip-*.whl")) for place in (own, bundled) if place]
    return next((wheels[0] for wheels in found if len(wheels) == 1), None)


def unpack_pip(wheel):
    """Install pip as the wheel format says: a pure wheel is unpacked into site-packages.

    ``ensurepip`` does the same by compiling and running pip from inside its archive, which
    takes four seconds of a first start.
    """
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    purelib = subprocess.check_output([PYTHON, "-I", "-c", ask]).decode().strip()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(purelib)


def install_uv():
    """Return the path of uv in .venv, installed by hash; None when that is not possible."""
    uv = os.path.join(VENV, "bin", "uv")
    if not os.path.exists(uv):
        lock = os.path.join(ROOT, "requirements-uv.lock")
        pip = [PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        failed = attempt(pip + ["--require-hashes", "-r", lock])
        if failed:
            print("warning: no uv (%s); pip is slower" % last_lines(failed, 1))
    return uv if os.path.exists(uv) else None


def uv_environment():
    """Let uv use the index and the certificates that pip was told to use."""
    env = dict(os.environ)
    for pips, uvs in (("PIP_INDEX_URL", "UV_DEFAULT_INDEX"), ("PIP_CERT", "SSL_CERT_FILE")):
        if pips in env:
            env.setdefault(uvs, env[pips])
    return env


def network():
    """Say which variables steer the network; passwords in them are not shown."""
    found = sorted(name for name in os.environ if re.match(NETWORK, name))
    shown = ["%s=%s" % (name, re.sub("//[^@/]*@", "//***@", os.environ[name])) for name in found]
    return "in force: %s" % (", ".join(shown) or "no proxy or index variable")


# ---- run


def run():
    port = os.environ.get("PORT") or "8000"
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise Refusal("PORT must be a number from 1 to 65535, not %r" % port)
    sys.stdout.flush()
    os.execv(PYTHON, [PYTHON, "-m", "config.up", "--port", port])


# ---- legs


class Leg(object):
    """One line of the final table: a command, or the reason why it cannot run."""

    def __init__(
        self, name, argv, env=None, skipped="", is_pytest=False, may_be_empty=False, beside=None
    ):
        self.name = name
        self.argv = argv
        self.env = env or {}
        self.skipped = skipped
        self.is_pytest = is_pytest
        self.may_be_empty = may_be_empty
        # A leg that runs at the same time; what it printed follows.
        self.beside = beside
        self._started = self._ended = self._process = self._report = self._said = None
        self.result = "SKIPPED" if skipped else "not run"
        self.code = 0
        self.seconds = 0.0
        self.counts = (0, 0, 0)

    def run(self):
        if self.beside:
            self.beside.begin(is_quiet=True)
        try:
            self.headline()
            self.begin()
            self.finish()
        finally:
            if self.beside:
                self.beside.finish()

    def headline(self):
        print("\n==== %s%s" % (self.name, ": SKIPPED, " + self.skipped if self.skipped else ""))
        sys.stdout.flush()

    def begin(self, is_quiet=False):
        if self.skipped:
            return
        argv = list(self.argv)
        if self.is_pytest:
            handle, self._report = tempfile.mkstemp(prefix="wardroom-", suffix=".xml")
            os.close(handle)
            argv.append("--junitxml=" + self._report)
        env = dict(os.environ)
        for name, value in self.env.items():
            env.pop(name, None) if value is None else env.__setitem__(name, value)
        self._said = tempfile.TemporaryFile("w+") if is_quiet else None
        self._started = time.time()
        self._process = subprocess.Popen(argv, env=env, stdout=self._said, stderr=self._said)
        if is_quiet:  # nobody waits for it yet, and its end is to be timed all the same
            threading.Thread(target=self._time, daemon=True).start()

    def _time(self):
        self._process.wait()
        self._ended = time.time()

    def finish(self):
        if self._process is None:
            return
        try:
            self.code = wait(self._process)
            if self.may_be_empty and self.code == NOTHING_COLLECTED:
                self.code, self.skipped = 0, "no test is marked so"
        finally:
            self.seconds = (self._ended or time.time()) - self._started
            if self._report:
                self.counts = (0, 0, 0) if self.skipped else count(self._report, self.code)
                os.unlink(self._report)
            if self._said:
                self.headline()
                self._said.seek(0)
                shutil.copyfileobj(self._said, sys.stdout)
                self._said.close()
        good = "SKIPPED" if self.skipped else "passed"
        self.result = good if self.code == 0 else "FAILED (%d)" % self.code


def wait(process):
    """Wait for a child; on Ctrl-C, which it got too, let it clean up first."""
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.wait()
        raise


def count(report, code):
    """Return passed, failed and skipped tests of a JUnit file; a run without one failed."""
    try:
        suites = list(xml.etree.ElementTree.parse(report).getroot().iter("testsuite"))
    except (OSError, xml.etree.ElementTree.ParseError):
        return (0, 1, 0)
    total, failed, skipped = [
        sum(int(suite.get(name, 0)) for suite in suites for name in names)
        for names in (("tests",), ("failures", "errors"), ("skipped",))
    ]
    return (max(0, total - failed - skipped), failed or int(code != 0), skipped)


def static_legs():
    tool = os.path.join(VENV, "bin", "")
    bare = [PYTHON, "-m", "config.up", "--throwaway", "--empty", "--", "python"]
    settings = {"DJANGO_SETTINGS_MODULE": "config.settings"}
    return [
        Leg("ruff", [tool + "ruff", "check", "."]),
        Leg("ruff format", [tool + "ruff", "format", "--check", "."]),
        Leg("imports", [tool + "lint-imports"], STATIC),
        Leg("mypy", [PYTHON, "-m", "mypy"], STATIC),
        Leg("deptry", [PYTHON, "-m", "deptry", "."]),
        Leg("migrations", bare + ["manage.py", "makemigrations", "--check", "--dry-run"]),
        Leg("migration lint", bare + ["-c", MIGRATION_LINT] + list(APPS), settings),
    ]


def test_legs():
    pytest = [PYTHON, "-m", "pytest"]
    chrome, launcher = chromium(), os.path.join("tests", "config")
    browser = {"DJANGO_ALLOW_ASYNC_UNSAFE": "1", "CHROMIUM": chrome}
    system = {"WARDROOM_PG": "system", "PG_BIN": None, "DATABASE_URL": None}
    # Most of the launcher's tests wait, on servers of their own. Faults run one after another and
    # alone on theirs: they kill what they started, empty the broker, and measure time.
    launched = Leg("launcher", pytest + ["-m", "fault and not soak", launcher], is_pytest=True)
    on_system = Leg(
        "system PostgreSQL",
        pytest + ["-m", "system_services and not soak and not fault"],
        system,
        skipped=no_system_postgres(system),
        is_pytest=True,
    )
    return [
        Leg(
            "tests",
            pytest + ["-n", "2", "-m", "not e2e and not soak and not fault"],
            is_pytest=True,
            beside=launched,
        ),
        Leg(
            "faults",
            pytest + ["-m", "fault and not soak", "--ignore", launcher],
            is_pytest=True,
            beside=on_system,
        ),
        Leg(
            "e2e",
            # Collecting all tests takes seconds of each process; a test holds that none is elsewhere.
            pytest + ["-n", "2", "-m", "e2e", os.path.join("tests", "e2e")],
            browser,
            skipped="" if chrome else "no chromium: set CHROMIUM=<path>",
            is_pytest=True,
        ),
    ]


def soak_leg():
    return Leg("soak", [PYTHON, "-m", "pytest", "-m", "soak"], is_pytest=True, may_be_empty=True)


def legs(them):
    """Run every leg though one fails; print the table; return the worst code."""
    interrupted = False
    for leg in them:
        try:
            leg.run()
        except KeyboardInterrupt:
            leg.result, leg.code, interrupted = "interrupted", 130, True
            break
        except OSError as error:
            leg.result, leg.code = "FAILED (%s)" % error.strerror, 1
    them = [one for leg in them for one in (leg, leg.beside) if one]
    print("\n%-18s  %-12s  %8s" % ("leg", "result", "seconds"))
    for leg in them:
        print("%-18s  %-12s  %8.1f  %s" % (leg.name, leg.result, leg.seconds, leg.skipped))
    if any(leg.is_pytest for leg in them):
        sums = tuple(sum(leg.counts[i] for leg in them) for i in range(3))
        print("\n%d passed, %d failed, %d skipped" % sums)
    sys.stdout.flush()
    return (
        130 if interrupted else max(leg.code if leg.code >= 0 else 128 - leg.code for leg in them)
    )


def chromium():
    asked = os.environ.get("CHROMIUM")
    if asked:
        return asked if os.path.exists(asked) else None
    found = [path for path in map(which, CHROMES) if path]
    if not found and os.path.exists(MAC_CHROME):
        found = [MAC_CHROME]
    return found[0] if found else None


def no_system_postgres(env):
    """Return why the system's PostgreSQL cannot be tested, or an empty text."""
    full = dict(os.environ, WARDROOM_PG="system")
    full.pop("PG_BIN", None)
    failed = attempt([PYTHON, "-c", SYSTEM_POSTGRES], full)
    return last_lines(failed, 1) if failed else ""


# ---- bench and clean


def bench():
    """Run every measurement against servers of its own."""
    scripts = sorted(glob.glob(os.path.join("bench", "bench_*.py")))
    throwaway = [PYTHON, "-m", "config.up", "--throwaway", "--", "python"]
    names = [os.path.basename(script)[len("bench_") : -len(".py")] for script in scripts]
    if not scripts:
        raise Refusal("there is no bench/bench_*.py")
    path = {"PYTHONPATH": ROOT, "DJANGO_SETTINGS_MODULE": "config.settings"}
    return legs([Leg(n, throwaway + [s], path) for n, s in zip(names, scripts)])


def clean():
    if running():
        raise Refusal("Wardroom runs here (pid %s); stop it first" % running())
    for path in (os.path.join(ROOT, "var"), VENV):
        if os.path.lexists(path):
            print("removing %s" % path)
            try:
                shutil.rmtree(path)
            except OSError as error:
                raise Refusal("%s cannot be removed: %s" % (path, error.strerror))


def running():
    """Return the pid of the launcher that holds var/, or an empty text."""
    import fcntl

    try:
        with open(os.path.join(ROOT, "var", "lock")) as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except (IOError, OSError):
                return lock.read().strip() or "unknown"
    except (IOError, OSError):
        pass
    return ""


# ---- small things


def attempt(argv, env=None):
    """Run a command quietly; return an empty text, or what it said when it failed."""
    try:
        process = subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except OSError as error:
        return "%s: %s" % (argv[0], error.strerror)
    said = process.communicate()[0].decode("utf-8", "replace")
    return "" if process.returncode == 0 else last_lines(said, 15) or "no output"


def last_lines(text, number):
    return "\n".join([line for line in text.strip().splitlines() if line.strip()][-number:])


def which(name):
    for directory in os.environ.get("PATH", "").split(os.pathsep):
        path = os.path.join(directory, name)
        if os.access(path, os.X_OK) and not os.path.isdir(path):
            return path
    return None


def read_lines(path):
    try:
        with open(path) as lines:
            return lines.read().splitlines()
    except (IOError, OSError):
        return []


def file_hash(path):
    with open(path, "rb") as content:
        return hashlib.sha256(content.read()).hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
