"""What every process of the product has loaded, whoever started it."""

import os
import subprocess
import sys

from tests.config.launching import ROOT

_COMMITS = """
import config.wsgi
from governance import jobs
assert jobs._nudges, "a commit of this process nudges nobody"
"""


def test_the_web_process_nudges_the_workers_itself() -> None:
    """Without it a job put off by a request waits for the scheduler's next look."""
    ran = subprocess.run(
        [sys.executable, "-c", _COMMITS], cwd=ROOT, env=os.environ, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
