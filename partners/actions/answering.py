"""Suppliers' answers: taken as claims, reviewed where they would end a clock."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict
from partners.actions import claims, settling
from partners.domain.answers import Justification, Statement, Status, needs_review
from partners.domain.components import BadPurl, parse_purl
from partners.errors import BadAnswer, UnreadableVex
from partners.models import (
    Answer,
    AnswerDocument,
    ComponentVersion,
    Decision,
    Finding,
    Product,
    Sbom,
    VulnerabilityName,
)
from partners.permissions import Act
from partners.vex import reader
from partners.vex.reader import BadVex

POLICY = "policy: counts at once"
MAX_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class Taken:
    """What a document brought: claims by decision, and what could not be used."""

    document: AnswerDocument
    is_new: bool
    accepted: int
    pending: int
    skipped: int


@transaction.atomic
def take(body: bytes, *, product: Product, by: Actor, at: datetime) -> Taken:
    """Take a VEX document (CycloneDX, OpenVEX 0.2, CSAF 2.0) for ``product``.

    Each statement becomes a claim on the component versions that it names and the product's
    current SBOM lists; what names nothing known is listed as skipped, not dropped. The same bytes
    again change nothing.

    Raises:
        NotAllowed: ``by`` may not answer for this product.
        UnreadableVex: no such document.
    """
    sha256 = hashlib.sha256(body).hexdigest()
    row = AnswerDocument(product=product, sha256=sha256, received_at=at, received_by=by.ref)
    require(by, Act.DOCUMENT_GIVE, row, at=at)
    if len(body) > MAX_BYTES:
        raise UnreadableVex(f"It is larger than {MAX_BYTES // 2**20} MiB.")
    product = Product.objects.select_for_update(of=("self",)).get(pk=product.pk)
    known = AnswerDocument.objects.filter(product=product, sha256=sha256).first()
    if known is not None:
        return Taken(known, False, 0, 0, len(known.skipped))
    try:
        document = reader.read(body)
    except BadVex as error:
        raise UnreadableVex(str(error), pointer=error.pointer) from None
    row.format, row.version = document.format, document.version[:60]
    row.author, row.stated_claim = document.author[:200], document.stated_at
    skipped = [{"place": place, "reason": reason} for place, reason in document.skipped]
    answers = []
    for statement in document.statements:
        found = list(_answers(statement, row, at=at))
        answers += found
        if not found:
            reason = f"{statement.subject[:200]} is no component of the product's current SBOM"
            skipped.append({"place": statement.place, "reason": reason})
    row.skipped = skipped[:1000]
    row.save(force_insert=True)
    _keep(answers, product, at=at)
    accepted = sum(one.decision == Decision.ACCEPTED for one in answers)
    audit.record(
        by=by,
        act=Act.DOCUMENT_GIVE,
        ref=row.ref,
        at=at,
        sha256=sha256,
        format=row.format,
        claims=len(answers),
        skipped=len(skipped),
    )
    return Taken(row, True, accepted, len(answers) - accepted, len(skipped))


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
    _keep([row], finding.product, at=at)
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
    return row


def _answers(statement: Statement, document: AnswerDocument, *, at: datetime) -> Iterator[Answer]:
    """Yield the claims of one statement: one for each component version that it names."""
    names = [name[:120] for name in statement.names]
    known = VulnerabilityName.objects.filter(name__in=names).first()
    for component in _components(statement.subject, document.product):
        yield Answer(
            product=document.product,
            document=document,
            name=known.name if known else names[0],
            vulnerability_id=known.vulnerability_id if known else None,
            component=component,
            subject=statement.subject[:500],
            status=statement.status,
            justification=statement.justification or "",
            token=statement.token[:200],
            detail=statement.detail[:2000],
            action=statement.action[:2000],
            author=document.author or document.product.partner.name,
            stated_at=statement.stated_at or document.stated_claim or at,
            received_at=at,
        )


def _components(subject: str, product: Product) -> Iterable[ComponentVersion | None]:
    """Return what ``subject`` names in the current SBOM; one None for the product itself."""
    sbom = Sbom.objects.filter(product=product, is_current=True).first()
    own = {"", product.slug, product.name, *([sbom.serial, sbom.sha256] if sbom else [])}
    if subject in own:
        return [None]
    listed = ComponentVersion.objects.filter(listings__sbom=sbom) if sbom else None
    if listed is None or not subject.startswith("pkg:"):
        return []
    try:
        purl = parse_purl(subject)
    except BadPurl:
        return []
    found = listed.filter(type=purl.type, namespace=purl.namespace, name=purl.name)
    return list(found.filter(version=purl.version) if purl.version else found)


def _keep(answers: list[Answer], product: Product, *, at: datetime) -> None:
    """Decide by policy which claims count at once, store all, and let findings follow."""
    is_trusted = product.partner.is_trusted
    for row in answers:
        contradicts = (
            Answer.objects.filter(
                product=product,
                vulnerability=row.vulnerability_id,
                component=row.component_id,
                decision=Decision.ACCEPTED,
            )
            .exclude(author=row.author)
            .exclude(status=row.status)
            .exists()
        )
        if not needs_review(Status(row.status), is_trusted=is_trusted, contradicts=contradicts):
            row.decision, row.decided_by, row.decided_at = Decision.ACCEPTED, POLICY, at
    Answer.objects.bulk_create(answers)
    _follow(product, answers, at=at)


def _follow(product: Product, answers: Iterable[Answer], *, at: datetime) -> None:
    known = {row.vulnerability_id for row in answers if row.vulnerability_id is not None}
    found = Finding.objects.filter(product=product, vulnerability__in=known)
    if claims.follow(found.values_list("pk", flat=True), at=at):
        settling.mark_overdue([product.pk], at=at)
