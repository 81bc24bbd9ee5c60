"""Logs in memory that nobody touched, and what the offline verifier says of their exports."""

import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from governance.tlog import verify_audit
from tests.builders.tlog import Log


def logs(dice: random.Random, count: int, largest: int) -> Iterator[tuple[int, Log]]:
    """Yield logs of 1 to ``largest`` entries with heads at all distances."""
    for _ in range(count):
        size = dice.randrange(1, largest + 1)
        yield size, Log.of(size, every=dice.randrange(1, 400) if size < 1000 else 400)


def alarms(log: Log) -> str:
    """Return what the verifier finds in the export of ``log``; nothing if it verifies."""
    place = Path(tempfile.mkdtemp(prefix="clean-log-"))
    try:
        code = verify_audit.main([*log.arguments(log.export(place / "export")), "--json"])
    finally:
        shutil.rmtree(place)
    return "" if code == 0 else f"exit code {code} at {log.size} entries"
