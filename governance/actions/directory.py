"""What we know of foreign entities: loaded as a whole batch, or taken out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.apps import apps
from django.db import transaction

from governance import audit
from governance.access import require
from governance.actions.policy import restamp
from governance.domain.actor import Actor
from governance.errors import BadInput
from governance.models import (
    AttributeSource,
    DirectoryHead,
    Entity,
    EntityKind,
    EntityType,
    Governed,
    Site,
)
from governance.permissions import Act

MAX_KEY = 1000
BATCH = 1000


@dataclass(frozen=True, slots=True)
class EntityText:
    """One entity as it is told to us; ``site`` is a slug, empty for everywhere."""

    kind: str
    type: str
    key: str
    properties: dict[str, Any] = field(default_factory=dict)
    roles: tuple[str, ...] = ()
    site: str = ""


@transaction.atomic
def declare(
    *,
    kind: str,
    name: str,
    by: Actor,
    at: datetime,
    source: str = AttributeSource.SERVER,
    acts: Sequence[str] = (),
    data_acts: Sequence[str] = (),
    classified_by: str = "",
) -> EntityType:
    """Say what is special about a type of entities; saying it again replaces it.

    ``data_acts`` reach the data behind a resource: they want a purpose, and a classification
    in the property ``classified_by`` if that is named.

    Raises:
        NotAllowed: ``by`` may not change the directory.
        BadInput: the type is one of ours, or is one of subjects and has data behind it.
    """
    if kind != EntityKind.RESOURCE and (data_acts or classified_by):
        raise BadInput("Only resources have data behind them.", pointer="/data_acts")
    if classified_by and not data_acts:
        raise BadInput("No act reaches the classified data.", pointer="/data_acts")
    _refuse_own(kind, name, "")
    row = EntityType.objects.filter(kind=kind, name=name).first() or EntityType(
        kind=kind, name=name
    )
    row.source, row.acts = source, sorted({*acts, *data_acts})
    row.data_acts, row.classified_by = sorted(set(data_acts)), classified_by
    require(by, Act.ENTITY_TYPE_CHANGE, row, at=at)
    row.full_clean()
    row.save()
    _touch()
    restamp()
    audit.record(
        by=by,
        act=Act.ENTITY_TYPE_CHANGE,
        ref=row.ref,
        at=at,
        name=name,
        source=source,
        kind=kind,
        data_acts=row.data_acts,
        classified_by=classified_by,
    )
    return row


@transaction.atomic
def load(texts: Sequence[EntityText], *, by: Actor, at: datetime) -> int:
    """Add entities, and replace those known: all of them or none. Returns how many.

    Raises:
        NotAllowed: ``by`` may not change the directory at one of the sites.
        BadInput: an entity is one of ours, stands twice, or names an unknown site.
    """
    sites = {site.slug: site for site in Site.objects.all()}
    rows: dict[tuple[str, str, str], Entity] = {}
    for number, text in enumerate(texts):
        _check(text, number, sites)
        place = (text.kind, text.type, text.key)
        if place in rows:
            raise BadInput(f"{text.type}:{text.key[:80]} stands twice.", pointer=f"/{number}")
        rows[place] = Entity(
            kind=text.kind,
            type=text.type,
            key=text.key,
            properties=text.properties,
            roles=sorted(set(text.roles)),
            site=sites.get(text.site),
        )
    first = {row.site_id: row for row in rows.values()}
    for row in first.values() or [Entity()]:
        require(by, Act.ENTITY_CHANGE, row, at=at)
    Entity.objects.bulk_create(
        rows.values(),
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["kind", "type", "key"],
        update_fields=["properties", "roles", "site"],
    )
    _touch()
    restamp()
    for row in first.values():
        count = sum(1 for other in rows.values() if other.site_id == row.site_id)
        scope = row.site.domain if row.site else "*"
        audit.record(by=by, act=Act.ENTITY_CHANGE, ref=f"scope:{scope}", at=at, loaded=count)
    return len(rows)


@transaction.atomic
def take_out(row: Entity, *, by: Actor, at: datetime, reason: str) -> None:
    """Forget an entity: it has no attributes and no roles from now on.

    Raises:
        NotAllowed: ``by`` may not change the directory there.
    """
    require(by, Act.ENTITY_CHANGE, row, at=at)
    ref = row.ref
    row.delete()
    _touch()
    restamp()
    audit.record(by=by, act=Act.ENTITY_CHANGE, ref=ref, at=at, is_known=False, reason=reason)


def _check(text: EntityText, number: int, sites: dict[str, Site]) -> None:
    at = f"/{number}"
    if text.kind not in EntityKind.values:
        raise BadInput("kind is subject or resource.", pointer=f"{at}/kind")
    if not text.type or len(text.type) > 80 or "\0" in text.type:
        raise BadInput("type has 1 to 80 characters.", pointer=f"{at}/type")
    if not text.key or len(text.key) > MAX_KEY or "\0" in text.key:
        raise BadInput(f"id has 1 to {MAX_KEY} characters.", pointer=f"{at}/id")
    if text.site and text.site not in sites:
        raise BadInput(f"There is no site {text.site[:80]!r}.", pointer=f"{at}/site")
    if text.roles and text.kind != EntityKind.SUBJECT:
        raise BadInput("Only subjects hold roles.", pointer=f"{at}/roles")
    _refuse_own(text.kind, text.type, text.key)


def _refuse_own(kind: str, name: str, key: str) -> None:
    """Refuse what names one of our own records: nothing here may speak for them."""
    if kind == EntityKind.RESOURCE:
        own = {m.resource_type() for m in apps.get_models() if issubclass(m, Governed)}
        if name in own:
            raise BadInput(f"{name} is a type of our own records.", pointer="/type")
        return
    is_person = False
    if name == "user" and key:
        try:
            is_person = bool(UUID(key))
        except ValueError:
            is_person = False
    if name == "service" or is_person:
        raise BadInput(f"{name}:{key[:80]} is one of our own people.", pointer="/type")


def _touch() -> None:
    """Say, in the running transaction, that the directory changed."""
    DirectoryHead.objects.update_or_create(pk=1, defaults={"stamp": uuid4()})
