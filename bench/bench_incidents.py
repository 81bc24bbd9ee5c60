"""Runbooks at work, on a durable server: transitions per second, and how soon the next card."""

from bench.durable import on_durable_servers

on_durable_servers(__file__)

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
