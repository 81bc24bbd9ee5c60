"""The incidents app."""

from importlib import import_module

from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "incidents"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Fill the registries; the module needs the models, so it is loaded only now."""
        import_module("incidents.registration")
