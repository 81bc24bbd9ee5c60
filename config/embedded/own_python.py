"""Imported first by ``config.up``: go on in the environment made by make.

Whoever types ``python -m config.up`` may have another Python first on PATH; the
process is then replaced by the same command in ``.venv``.
"""

import importlib.util
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

if importlib.util.find_spec("psycopg") is None:
    own = ROOT / ".venv" / "bin" / "python"
    if not own.exists() or sys.prefix == str(own.parent.parent):
        sys.exit(".venv is missing: run make run or make test once")
    os.execv(own, [str(own), "-m", "config.up", *sys.argv[1:]])
