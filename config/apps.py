"""The composition as a Django app: commands, pages, templates."""

from importlib import import_module

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        """Load Celery and the nudge, so that every process that commits can give it.

        Also what finds and starts PostgreSQL, for backups.
        """
        import_module("config.celery")
        import_module("governance.tasks")
        import_module("config.scratch")
