"""Commands of manage.py in one process: what may begin when the first of them is done."""

import os
import sys
from pathlib import Path

import pytest

from config.embedded.errors import LaunchError
from config.embedded.steps import Steps
from config.embedded.stopping import Stopping

MAIN = """
import sys, time
from pathlib import Path

def main(argv):
    if argv[1] == "fail":
        sys.exit(3)
    if argv[1] == "wait":
        end = time.monotonic() + 20
        while not Path("begun").exists():
            if time.monotonic() > end:
                sys.exit("nothing has begun")
            time.sleep(0.01)
    print(argv[1])
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "commandline.py").write_text(MAIN)
    return tmp_path


def steps(root: Path, *words: str) -> Steps:
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    which = [(word,) for word in words]
    return Steps(which, root=root, env=env, stopping=Stopping(), last_apart=True)


def test_what_comes_after_the_first_begins_while_the_others_run(root: Path) -> None:
    begun = steps(root, "first", "wait", "last")
    assert begun.finish(after_first=(root / "begun").touch) == ["last"]


def test_nothing_begins_after_a_first_that_failed(root: Path) -> None:
    with pytest.raises(LaunchError, match="failed \\(code 3\\)"):
        steps(root, "fail", "last").finish(after_first=(root / "begun").touch)
    assert not (root / "begun").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="counts descriptors in /proc")
def test_no_descriptor_stays_open(root: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    steps(root, "first").finish()
    steps(root, "first", "last").finish(after_first=(root / "begun").touch)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
