"""The demonstration: every station of the loop, seeded once, and gone again with one command."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = """
set -e
python manage.py demo --json
python manage.py demo --json
python manage.py loop_report --json
python manage.py shell -v 0 < tests/config/revoke_in_demo.py
python manage.py demo --remove --json
python manage.py loop_report --json
python manage.py demo --json
"""


@pytest.mark.fault
def test_the_whole_loop_is_seeded_once_and_removed() -> None:
    """On servers of its own: it creates a database and roles beside Wardroom's."""
    mine = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_BOOTSTRAP_URL", "REDIS_URL")
    }
    done = subprocess.run(
        [sys.executable, "-m", "config.up", "--throwaway", "--", "/bin/sh", "-c", SCRIPT],
        cwd=ROOT,
        env=mine,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    first, again, full, revoked, removed, empty, anew = map(json.loads, done.stdout.splitlines())
    assert (first["seeded"], again["seeded"], anew["seeded"]) == (True, False, True)
    assert full["catalog"]["systems"] == 3
    assert full["catalog"]["columns"] > 400
    assert full["catalog"]["proposals"] > 0
    assert full["governance"]["decisions"] > 50
    assert full["governance"]["drift"] == {"unapproved": 2}
    assert revoked == {"closed": 2, "left": 0}
    assert full["partners"]["components"] > 60
    assert full["partners"]["findings"]["breached"] == 3
    over, running = full["incidents"]
    assert over["ttd"]["state"] == over["ttc"]["state"] == over["ttr"]["state"] == "known"
    assert running["ttc"]["state"] == "running"
    slugs = {measure["slug"] for measure in full["measures"]}
    assert {"asset_baseline", "critical_patches_in_time", "time_to_detect"} <= slugs
    for measure in full["measures"]:
        assert measure["as_of"]
        assert (measure["value"] is None) == bool(measure["note"]), measure
    assert removed["removed"] > 1000
    assert empty["catalog"]["assets"] == empty["partners"]["components"] == 0
    assert empty["incidents"] == []
    assert all(measure["value"] is None for measure in empty["measures"]), empty["measures"]
