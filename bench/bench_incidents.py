"""Runbooks at work: transitions per second, and how soon the next card is there."""

import django

django.setup()

from django.conf import settings

from bench import engine_steps
from bench.figures import Sheet


def main() -> None:
    """Measure every part in turn."""
    settings.RUNBOOK_HOSTS = [engine_steps.ORIGIN]
    sheet = Sheet("incidents")
    engine_steps.measure(sheet)
    sheet.close()


if __name__ == "__main__":
    main()
