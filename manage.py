#!/usr/bin/env python
"""Wardroom's commands: ``python manage.py help``."""

import sys

try:
    from config.commandline import main
except ImportError as error:
    if error.name != "django":
        raise
    sys.exit(
        ".venv is missing or not in use: run make run or make test once,"
        " then .venv/bin/python manage.py"
    )

if __name__ == "__main__":
    main(sys.argv)
