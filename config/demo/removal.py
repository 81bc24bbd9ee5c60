"""Taking the demonstration away: its records and whatever hangs on them."""

from django.apps import apps
from django.db import transaction
from django.db.models import Model, ProtectedError, QuerySet

from config.demo import plant
from config.demo.story import NAME
from governance.actions.policy import restamp
from governance.domain import references
from governance.models import Seed

OWNER = "owner"
"""The application may not delete from append-only tables; the owner may."""


def remove() -> int:
    """Delete what the demonstration began with and all that refers to it; return how much.

    Audit events and decisions stay: they say what happened, and a log that forgets is
    none. Records of other origin stay too, unless they hang on demonstration records.
    """
    seed = Seed.objects.using(OWNER).filter(name=NAME).first()
    if seed is None:
        return 0
    count = 0
    with transaction.atomic(using=OWNER):
        for text in reversed(seed.roots):
            reference = references.parse(text)
            model = apps.get_model(reference.type)
            count += _purge(model._default_manager.using(OWNER).filter(pk=reference.key))
        seed.delete()
    with transaction.atomic():
        restamp()
    plant.drop()
    return count


def _purge(rows: QuerySet[Model]) -> int:
    """Delete ``rows``, and first whatever protects them from being deleted."""
    try:
        return sum(rows.delete()[1].values())
    except ProtectedError as error:
        count = 0
        by_model: dict[type[Model], set[object]] = {}
        for record in error.protected_objects:
            by_model.setdefault(type(record), set()).add(record.pk)
        for model, keys in by_model.items():
            count += _purge(model._default_manager.using(OWNER).filter(pk__in=keys))
        return count + _purge(rows)
