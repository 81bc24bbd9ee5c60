"""The partners app."""

from importlib import import_module

from django.apps import AppConfig


class PartnersConfig(AppConfig):
    name = "partners"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Fill the registries; the module needs the models, so it is loaded only now."""
        import_module("partners.registration")
