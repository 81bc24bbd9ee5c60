"""Taking the demonstration away: what it made, and what followed from that by itself."""

import json
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import Model, ProtectedError, Q, QuerySet

from config.demo import belonging, partner_steps, plant
from config.demo.story import NAME
from governance.actions.policy import restamp
from governance.domain import references
from governance.errors import Refused
from governance.models import Seed
from partners.models import Advisory, ComponentVersion, Sbom, Vulnerability

OWNER = "owner"
"""The application may not delete from append-only tables; the owner may."""
NAMED = 5


def remove(*, with_others: bool = False) -> int:
    """Delete what the demonstration made and what followed from it; return how much.

    Audit events and decisions stay: they say what happened, and a log that forgets is
    none. ``with_others`` also deletes what others added to its sites, people, systems and
    partners.

    Raises:
        Refused: records of others hang on it, and ``with_others`` is not said.
    """
    seed = Seed.objects.using(OWNER).filter(name=NAME).first()
    if seed is None:
        return 0
    count = 0
    with transaction.atomic(using=OWNER):
        found = belonging.hanging(seed, using=OWNER)
        if not with_others and (others := belonging.of_others(seed, found, using=OWNER)):
            raise Refused(_said(others))
        components = _shipped(found[Sbom])
        for text in reversed(seed.roots):
            reference = references.parse(text)
            model = apps.get_model(reference.type)
            count += _purge(model._default_manager.using(OWNER).filter(pk=reference.key))
        count += _forget_advisories(components)
        seed.delete()
    with transaction.atomic():
        restamp()
    plant.drop()
    return count


def _shipped(sboms: set[Any]) -> set[Any]:
    rows = ComponentVersion.objects.using(OWNER).filter(listings__sbom__in=sboms)
    return set(rows.values_list("pk", flat=True))


def _said(others: list[Model]) -> str:
    names = [f"{one._meta.verbose_name} {one}" for one in others[:NAMED]]
    more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
    return (
        f"{len(others)} record{'' if len(others) == 1 else 's'} that others made hang on the "
        f"demonstration: {'; '.join(names)}{more}. Nothing was removed. Move them away first, "
        "or delete them too with --with-others."
    )


def _forget_advisories(components: set[Any]) -> int:
    """Delete the shipped advisories that a real feed has not changed and no finding needs.

    With them go their vulnerabilities, unless another advisory speaks of them, and those of
    ``components`` that nobody ships any more.
    """
    ours = Q(pk__in=[])
    for file in partner_steps.ADVISORIES.glob("*.json"):
        record = json.loads(file.read_text())
        ours |= Q(name=record["id"], modified_at=record["modified"])
    shipped = Advisory.objects.using(OWNER).filter(
        ours, source=partner_steps.SOURCE, vulnerability__findings=None
    )
    known = set(shipped.values_list("vulnerability", flat=True))
    count = _purge(
        Advisory.objects.using(OWNER).filter(pk__in=set(shipped.values_list("pk", flat=True)))
    )
    rows = Vulnerability.objects.using(OWNER).filter(pk__in=known, advisories=None, findings=None)
    count += _purge(rows)
    unused = ComponentVersion.objects.using(OWNER).filter(pk__in=components, listings=None)
    return count + _purge(unused.filter(findings=None))


def _purge(rows: QuerySet[Model]) -> int:
    """Delete ``rows``, and first whatever protects them from being deleted."""
    try:
        return sum(rows.delete()[1].values())
    except ProtectedError as error:
        count = 0
        by_model: dict[type[Model], set[Any]] = {}
        for record in error.protected_objects:
            by_model.setdefault(type(record), set()).add(record.pk)
        for model, keys in by_model.items():
            count += _purge(model._default_manager.using(OWNER).filter(pk__in=keys))
        return count + _purge(rows)
