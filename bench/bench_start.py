"""From an empty checkout to a ready product, again on existing data, and to a full stop."""

import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench.figures import Sheet
from config.embedded import pids
from tests.config.launching import ROOT
from tests.config.running import Running, copy_checkout, wait_until

STARTS = 3
# The interpreter that made .venv: a newcomer has no other.
PYTHON = getattr(sys, "_base_executable", sys.executable)


def main() -> None:
    """Measure as ``make run`` does it, in a copy without ``.venv`` and ``var``."""
    sheet = Sheet("start")
    demo = (ROOT / "config" / "management" / "commands" / "demo.py").exists()
    with tempfile.TemporaryDirectory(prefix="wr-") as place:
        checkout = copy_checkout(Path(place))
        for lock in ROOT.glob("requirements*.lock"):
            shutil.copy(lock, checkout)
        runtime = checkout / "r"
        runtime.mkdir()
        what = "with demonstration" if demo else "no demonstration yet"
        ready, stop, _ = one(checkout, runtime, demo=demo)
        sheet.figure(f"empty checkout to ready ({what})", ready, "s", at_most=20)
        sheet.figure("stop after the first start", stop, "s", at_most=3)
        runs = [one(checkout, runtime, demo=demo) for _ in range(STARTS)]
    sheet.figure("second start to ready", statistics.median(r[0] for r in runs), "s", at_most=5)
    sheet.figure("second start, slowest", max(r[0] for r in runs), "s")
    sheet.figure("Ctrl-C to exit, idle", statistics.median(r[1] for r in runs), "s", at_most=3)
    sheet.figure("processes and sockets left", sum(r[2] for r in runs), "", at_most=0)
    sheet.figure("load of the machine", os.getloadavg()[0], "")
    sheet.close()


def one(checkout: Path, runtime: Path, *, demo: bool) -> tuple[float, float, int]:
    """Start and stop once; return seconds to ready, seconds to exit, what was left behind."""
    argv = [PYTHON, "config/bootstrap.py", "run"]
    begun = time.monotonic()
    # A newcomer has no compiled modules anywhere.
    without = ("PYTHONPYCACHEPREFIX", "PYTHONPATH")
    product = Running(checkout, runtime, argv=argv, demo=demo, without=without)
    try:
        product.wait_for_line(f"http://localhost:{product.port}/", seconds=600)
        ready = time.monotonic() - begun
        assert product.get("/readyz")[0] == 200, product.said
        product.wait_for_line("Sign in")
        # The worker says nothing when it is ready: wait until nothing burns CPU any more.
        wait_until(lambda: idle(product), seconds=60, what="idle")
        leaders = list(product.children().values())
        _, seconds = product.stop()
        left = sum(len(pids.session(pid)) for pid in leaders) + len(list(runtime.iterdir()))
    finally:
        product.clean_up()
    return ready, seconds, left


def idle(product: Running) -> bool:
    """Tell whether the children used less than a tenth of a core for a second."""
    before = cpu(product)
    time.sleep(1)
    return cpu(product) - before < 0.1


def cpu(product: Running) -> float:
    """Return the CPU seconds of all processes of the product, where /proc tells."""
    total = 0.0
    for pid in product.sessions():
        stat = Path(f"/proc/{pid}/stat")
        if stat.exists():
            fields = stat.read_text().rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


if __name__ == "__main__":
    main()
