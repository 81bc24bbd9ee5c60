"""Taking the demonstration away: its records and whatever hangs on them."""

import json

from django.apps import apps
from django.db import transaction
from django.db.models import Model, ProtectedError, Q, QuerySet

from config.demo import partner_steps, plant
from config.demo.story import NAME
from governance.actions.policy import restamp
from governance.domain import references
from governance.models import Seed
from partners.models import Advisory, ComponentVersion, Vulnerability

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
        count += _forget_advisories()
        seed.delete()
    with transaction.atomic():
        restamp()
    plant.drop()
    return count


def _forget_advisories() -> int:
    """Delete the shipped advisories, unless a real feed has brought a newer state of them.

    With them go vulnerabilities that no advisory speaks of and components that nobody ships.
    """
    ours = Q(pk__in=[])
    for file in partner_steps.ADVISORIES.glob("*.json"):
        record = json.loads(file.read_text())
        ours |= Q(name=record["id"], modified_at=record["modified"])
    shipped = Advisory.objects.using(OWNER).filter(ours, source=partner_steps.SOURCE)
    count = _purge(shipped)
    count += _purge(Vulnerability.objects.using(OWNER).filter(advisories=None, findings=None))
    unused = ComponentVersion.objects.using(OWNER).filter(listings=None, findings=None)
    return count + _purge(unused)


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
