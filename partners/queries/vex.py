"""VEX documents as faces show them: how many of their statements stand how, and which."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, Count, Exists, OuterRef, Q, QuerySet, Value, When

from governance import access
from governance.domain.actor import Actor
from partners.models import Answer, AnswerDocument, Became, Decision, Standing, VexStatement
from partners.permissions import Act

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Page:
    """Some statements, and the key after which the next begin; None at the end."""

    rows: list[Mapping[str, Any]]
    next_after: int | None


def documents(*, to: Actor, at: datetime) -> QuerySet[AnswerDocument]:
    """Return the VEX documents that ``to`` may read."""
    return access.visible(AnswerDocument.objects.all(), to=to, act=Act.DOCUMENT_READ, at=at)


def counts(keys: Iterable[UUID]) -> dict[UUID, dict[str, int]]:
    """Return, for each document, how many of its statements stand how."""
    found = {key: dict.fromkeys(Standing.values, 0) for key in keys}
    rows = VexStatement.objects.filter(document__in=list(found)).annotate(standing=_standing())
    for key, standing, number in (
        rows.order_by().values_list("document_id", "standing").annotate(Count("pk"))
    ):
        found[key][standing] = number
    return found


def statements(row: AnswerDocument, *, after: str) -> Page:
    """Return up to 200 statements of ``row`` in its own order, from the key ``after`` on."""
    rows = VexStatement.objects.filter(document=row).annotate(standing=_standing()).order_by("pk")
    if after.isdecimal() and len(after) <= 18:
        rows = rows.filter(pk__gt=int(after))
    listed: list[Mapping[str, Any]] = list(
        rows.values("id", "place", "name", "subject", "status", "standing", "reason")[: SHOWN + 1]
    )
    more = len(listed) > SHOWN
    return Page(listed[:SHOWN], listed[SHOWN - 1]["id"] if more else None)


def _standing() -> Case:
    """Say how a statement stands: of claims on several components, one that waits decides."""
    own = Answer.objects.filter(statement=OuterRef("pk")).order_by()
    return Case(
        When(~Q(became=Became.CLAIMED), then="became"),
        When(Exists(own.filter(decision=Decision.PENDING)), then=Value(Standing.TO_REVIEW.value)),
        When(Exists(own.filter(decision=Decision.ACCEPTED)), then=Value(Standing.APPLIED.value)),
        default=Value(Standing.REJECTED.value),
        output_field=CharField(),
    )
