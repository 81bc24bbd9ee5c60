"""Suppliers' answers: taken as claims, reviewed where they would end a clock."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict
from partners.actions import claims, settling
from partners.actions.informing import inform
from partners.domain.answers import Justification, Status, needs_review
from partners.errors import BadAnswer
from partners.models import Answer, Decision, Finding, Product
from partners.permissions import Act

_About = tuple[int | str, int | None]
POLICY = "policy: counts at once"
BATCH = 2_000
_SAYS_NO_MORE = "No reason was written down."
# What waits for a review is no claim any more once its author says something newer.
_SUPERSEDE = """
UPDATE partners_answer old
   SET decision = 'rejected', decided_by = 'policy: superseded', decided_at = %(at)s,
       decision_reason = 'The same author said something newer.'
  FROM partners_answer new
 WHERE new.id = ANY(%(new)s) AND old.decision = 'pending' AND old.id <> ALL(%(new)s)
   AND old.product_id = new.product_id AND old.author = new.author
   AND old.stated_at <= new.stated_at
   AND old.vulnerability_id IS NOT DISTINCT FROM new.vulnerability_id
   AND (new.vulnerability_id IS NOT NULL OR old.name = new.name)
   AND old.component_id IS NOT DISTINCT FROM new.component_id
"""


@transaction.atomic
def give(
    finding: Finding,
    *,
    status: str,
    justification: str = "",
    detail: str = "",
    action: str = "",
    by: Actor,
    at: datetime,
) -> Answer:
    """Answer for one finding.

    Raises:
        NotAllowed: ``by`` may not answer for this product.
        BadAnswer: unknown status or justification, or not affected without a reason.
    """
    row = Answer(
        product=finding.product,
        name=str(finding.vulnerability),
        vulnerability=finding.vulnerability,
        component=finding.component,
        author=finding.product.partner.name if by.party else by.ref,
        stated_at=at,
        received_at=at,
        detail=detail.strip()[:2000],
        action=action.strip()[:2000],
    )
    require(by, Act.ANSWER_GIVE, row, at=at)
    if status not in list(Status) or (justification and justification not in list(Justification)):
        raise BadAnswer("Choose one of the statuses, and for not affected one of the reasons.")
    row.status, row.justification = status, justification
    if status == Status.NOT_AFFECTED and not (row.justification or row.detail):
        raise BadAnswer("Not affected needs a reason: choose one, or write it down.")
    Product.objects.select_for_update(of=("self",)).get(pk=finding.product_id)
    keep([row], finding.product, at=at)
    audit.record(
        by=by,
        act=Act.ANSWER_GIVE,
        ref=row.ref,
        at=at,
        finding=finding.ref,
        status=status,
        decision=row.decision,
    )
    return row


@transaction.atomic
def decide(row: Answer, *, accepts: bool, reason: str, by: Actor, at: datetime) -> Answer:
    """Accept or reject a claim; an accepted one may be rejected later.

    Raises:
        NotAllowed: ``by`` may not decide on answers there.
        Conflict: it was decided so already.
    """
    require(by, Act.ANSWER_DECIDE, row, at=at)
    decision = Decision.ACCEPTED if accepts else Decision.REJECTED
    changed = Answer.objects.filter(pk=row.pk).exclude(decision=decision)
    if not changed.update(
        decision=decision, decided_by=by.ref, decided_at=at, decision_reason=reason.strip()[:500]
    ):
        raise Conflict(f"{row} was decided already")
    row.refresh_from_db()
    _follow(row.product, [row], at=at)
    audit.record(by=by, act=Act.ANSWER_DECIDE, ref=row.ref, at=at, decision=decision, reason=reason)
    word = "accepted" if accepts else "rejected"
    inform(
        row.product.partner,
        f"Your answer on {row.name} was {word}",
        f"It was about {row.name} in {row.product.name}. {row.decision_reason or _SAYS_NO_MORE}",
        about=row,
        key=f"answer:{row.pk}:{decision}:{at.isoformat()}",
        at=at,
    )
    return row


def keep(answers: list[Answer], product: Product, *, at: datetime) -> None:
    """Decide by policy which claims count at once, store all, and let findings follow.

    A step of answering and of taking documents, in their transaction and under their permission.
    """
    is_trusted = product.partner.is_trusted
    said = _said(product)
    for row in answers:
        others = said.get(_about(row.vulnerability_id, row.name, row.component_id), ())
        contradicts = any(
            author != row.author and status != row.status for author, status in others
        )
        if not needs_review(Status(row.status), is_trusted=is_trusted, contradicts=contradicts):
            row.decision, row.decided_by, row.decided_at = Decision.ACCEPTED, POLICY, at
    Answer.objects.bulk_create(answers, BATCH)
    with connection.cursor() as cursor:
        cursor.execute(_SUPERSEDE, {"new": [row.pk for row in answers], "at": at})
    _follow(product, answers, at=at)


def _said(product: Product) -> dict[_About, list[tuple[str, str]]]:
    """Return who said what of ``product`` so far, as far as it counts."""
    found: dict[_About, list[tuple[str, str]]] = defaultdict(list)
    rows = Answer.objects.filter(product=product, decision=Decision.ACCEPTED).order_by()
    for vulnerability, name, component, author, status in rows.values_list(
        "vulnerability_id", "name", "component_id", "author", "status"
    ):
        found[_about(vulnerability, name, component)].append((author, status))
    return found


def _about(vulnerability: int | None, name: str, component: int | None) -> _About:
    return (name if vulnerability is None else vulnerability, component)


def _follow(product: Product, answers: Iterable[Answer], *, at: datetime) -> None:
    known = {row.vulnerability_id for row in answers if row.vulnerability_id is not None}
    found = Finding.objects.filter(product=product, vulnerability__in=known)
    if claims.follow(found.values_list("pk", flat=True), at=at):
        settling.mark_overdue([product.pk], at=at)
