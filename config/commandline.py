"""Entry of ``manage.py``: settings first, then Django's own dispatcher."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main(argv: list[str]) -> None:
    """Run one command; a missing setting is one line, not a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Wardroom cannot start: {error}")
