"""Keeping mappers: every version stays, the newest is used."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import BadInput
from incidents.models import SignalMapper
from incidents.permissions import Act
from incidents.signals import mapping
from incidents.signals.mapping import Mapper
from incidents.signals.shipped import DOCUMENTS, MAPPERS


@transaction.atomic
def write(slug: str, document: Any, *, by: Actor, at: datetime) -> SignalMapper:
    """Keep ``document`` as the next version of the mapper ``slug``.

    Raises:
        NotAllowed: ``by`` may not write mappers.
        BadInput: it is no mapper, or the name is one of those shipped.
    """
    require(by, Act.MAPPER_WRITE, SignalMapper(slug=slug), at=at)
    if slug in DOCUMENTS:
        raise BadInput(f"{slug} is shipped; take another name.", pointer="/slug")
    mapping.parse(document)
    last = SignalMapper.objects.filter(slug=slug).aggregate(last=Max("number"))["last"] or 0
    row = SignalMapper(
        slug=slug, number=last + 1, document=document, written_by=by.ref, written_at=at
    )
    row.full_clean()
    row.save()
    audit.record(by=by, act=Act.MAPPER_WRITE, ref=row.ref, at=at, slug=slug, number=row.number)
    return row


def find(slug: str) -> tuple[Mapper, str]:
    """Return the mapper in use under ``slug``, and its name with the version.

    Raises:
        BadInput: there is none.
    """
    if slug in MAPPERS:
        return MAPPERS[slug], f"{slug}/1"
    row = SignalMapper.objects.filter(slug=slug.replace("\0", "")).order_by("-number").first()
    if row is None:
        known = ", ".join(sorted(DOCUMENTS))
        raise BadInput(f"No mapper {slug[:64]!r}; shipped are {known}.", pointer="/mapper")
    return row.as_mapper(), str(row)
