"""Writes down what a long campaign or a measurement found: ``docs/evidence/<claim>.json``."""

import json
import os
import platform
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "docs" / "evidence"

Figure = int | float | str


def record(
    claim: str,
    *,
    count: int,
    failures: int,
    seconds: float,
    seed: int | None = None,
    place: Path = PLACE,
    **figures: Figure,
) -> Path:
    """Write the newest result of ``claim`` and return the file.

    ``count`` is how often the claim was put to the test, ``failures`` how often it did not
    hold. A commit with ``+`` had changes that were not committed.
    """
    place.mkdir(parents=True, exist_ok=True)
    found = {
        "claim": claim,
        "commit": _commit(),
        "seed": seed,
        "count": count,
        "failures": failures,
        "seconds": round(seconds, 3),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python "
        f"{platform.python_version()}, load {os.getloadavg()[0]:.1f}",
        **figures,
    }
    path = place / f"{claim}.json"
    path.write_text(json.dumps(found, indent=2) + "\n")
    return path


def _commit() -> str:
    commit = _git("rev-parse", "--short=12", "HEAD") or "unknown"
    # The evidence itself does not count: the first of several files would taint the others.
    changed = _git("status", "--porcelain", "--", ".", ":!docs/evidence")
    return f"{commit}+" if changed else commit


def _git(*words: str) -> str:
    try:
        answer = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
    except OSError:
        return ""
    return answer.stdout.strip()
