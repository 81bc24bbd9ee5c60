"""What hangs on the records of the demonstration, and which of it others made.

Who made a record, and in which transaction, says the entry of its insertion in the audit
log. What background work and the people of the demonstration made since belongs to it; what
anybody else made does not.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import connections
from django.db.models import CASCADE, PROTECT, Model, Q, QuerySet

from config.demo import cast, partner_steps
from governance.domain import references
from governance.models import Membership, Seed, User
from partners.models import Partner

APPS = ("governance", "catalog", "partners", "incidents")
Found = dict[type[Model], set[Any]]
"""Keys by model."""

# The entries of insertion: of a record that came, went and came again, the last one counts.
_MADE = """
SELECT DISTINCT ON (object) object, cluster, xid, actor, request_id FROM audit_event
WHERE object = ANY(%s) AND starts_with(act, 'row:') AND act LIKE '%%:insert'
ORDER BY object, id DESC
"""


def hanging(seed: Seed, *, using: str) -> Found:
    """Return the records that ``seed`` began with and all that cannot be without them."""
    found: Found = defaultdict(set)
    waiting: list[tuple[type[Model], set[Any]]] = []
    for text in seed.roots:
        reference = references.parse(text)
        model = apps.get_model(reference.type)
        rows = model._default_manager.using(using).filter(pk=reference.key)
        waiting.append((model, set(rows.values_list("pk", flat=True))))
    while waiting:
        model, keys = waiting.pop()
        keys -= found[model]
        if keys:
            found[model] |= keys
            waiting += _next(model, keys, using)
    return found


def _next(model: type[Model], keys: set[Any], using: str) -> Iterable[tuple[type[Model], set[Any]]]:
    for relation in model._meta.related_objects:
        if relation.on_delete in (CASCADE, PROTECT):
            below = relation.related_model
            rows = below._default_manager.using(using)
            yield below, _keys(rows.filter(**{f"{relation.field.name}__in": keys}))
    if model is Partner:
        parties = [f"partners.partner:{key}" for key in keys]
        yield User, _keys(User.objects.using(using).filter(party__in=parties))
        yield Membership, _keys(Membership.objects.using(using).filter(party__in=parties))


def _keys(rows: QuerySet[Model]) -> set[Any]:
    return set(rows.values_list("pk", flat=True))


def of_others(seed: Seed, found: Found, *, using: str) -> list[Model]:
    """Return those of ``found`` that others made.

    What the log does not watch nobody made: it is copied from a feed or a document. A second
    factor or an address belongs to its person, whoever noted it.
    """
    made = _made(found, using)
    begun = {made[root][:2] for root in seed.roots if root in made}
    ours = {f"user:{key}" for key in found[User] if _is_cast(key, using)}
    strangers: Found = defaultdict(set)
    for model, keys in found.items():
        if model._meta.app_label not in APPS:
            continue
        for key in keys:
            entry = made.get(f"{model._meta.label_lower}:{key}")
            if entry is None:
                continue
            *transaction, actor, request_id = entry
            if not (tuple(transaction) in begun or request_id.startswith("job-") or actor in ours):
                strangers[model].add(key)
    return [
        row
        for model, keys in sorted(strangers.items(), key=lambda pair: pair[0]._meta.label_lower)
        for row in model._default_manager.using(using).filter(pk__in=keys).order_by("pk")
    ]


def _is_cast(key: Any, using: str) -> bool:
    addresses = [one.email for one in cast.PEOPLE]
    addresses += [one.contact for one in partner_steps.SUPPLIERS]
    return User.objects.using(using).filter(Q(email__in=addresses), pk=key).exists()


def _made(found: Found, using: str) -> dict[str, tuple[int, int, str, str]]:
    names = [f"{model._meta.label_lower}:{key}" for model, keys in found.items() for key in keys]
    return _entries(names, using)


def _entries(names: list[str], using: str) -> dict[str, tuple[int, int, str, str]]:
    """Return cluster, transaction, actor and request of each record's insertion."""
    with connections[using].cursor() as cursor:
        cursor.execute(_MADE, [names])
        return {
            name: (cluster, xid, actor, request)
            for name, cluster, xid, actor, request in cursor.fetchall()
        }
