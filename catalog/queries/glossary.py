"""Business terms: found by any of their words, those of an asset, those read together."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from django.db.models import Q, QuerySet

from catalog.models import BusinessTerm, TermRelation
from governance import access
from governance.domain.actor import Actor
from governance.models import Governed

W = TypeVar("W", bound=Governed)
MOST_NAMED = 3
"""Terms that a search of assets points to."""


def readable(rows: QuerySet[W], *, to: Actor, act: StrEnum, at: datetime) -> QuerySet[W]:
    """Return ``rows`` of the whole organization, for whoever may read such at any site.

    Words and keys belong to no site; `access.visible` would show them only to those whose role
    holds everywhere, and whoever reads labels at one site must be able to look up what they mean.
    """
    if access.allows_somewhere(to, act, rows.model.resource_type(), at=at):
        return rows
    return rows.none()


def told(rows: QuerySet[BusinessTerm], text: str) -> QuerySet[BusinessTerm]:
    """Return the ``rows`` that hold all words of ``text`` in name, synonyms or definition."""
    for word in text.split()[:10]:
        rows = rows.filter(
            Q(name__icontains=word) | Q(definition__icontains=word) | Q(synonyms__icontains=word)
        )
    return rows


def named(rows: QuerySet[BusinessTerm], text: str) -> Sequence[BusinessTerm]:
    """Return the live ``rows`` whose name or synonym is ``text``, whatever its case."""
    word = " ".join(text.split()).casefold()
    if not word:
        return ()
    near = rows.filter(ended_at=None).filter(Q(name__icontains=word) | Q(synonyms__icontains=word))
    exact = [
        one for one in near[:200] if word in {said.casefold() for said in (one.name, *one.synonyms)}
    ]
    return exact[:MOST_NAMED]


def related_to(term: BusinessTerm) -> QuerySet[BusinessTerm]:
    """Return the live terms that are read together with ``term``, from either side."""
    pairs = TermRelation.objects.filter(Q(term=term) | Q(other=term))
    return BusinessTerm.objects.filter(
        Q(pk__in=pairs.values("term")) | Q(pk__in=pairs.values("other")), ended_at=None
    ).exclude(pk=term.pk)
