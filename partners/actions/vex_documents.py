"""Taking VEX documents: received at once, read by a job, each statement told what became of it."""

import hashlib
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q

from governance import audit, jobs
from governance.access import require
from governance.domain.actor import Actor
from partners.actions import answering, resolving
from partners.domain.answers import Document
from partners.domain.intakes import OnPhase, Phase, lane_of, unheard
from partners.domain.sboms import Defect, Rejected
from partners.errors import TooManyUploads, UnreadableVex
from partners.models import Answer, AnswerDocument, Decision, Product, Taking, VexStatement
from partners.permissions import Act
from partners.vex.isolation import read_isolated
from partners.vex.reader import BOUNDS

JOB = "vex_document"
MAX_BYTES = BOUNDS.wire_bytes
MOST_IN_AN_HOUR = 60
MOST_WAITING = 20


@dataclass(frozen=True, slots=True)
class Taken:
    """What a document brought: claims by decision, and statements that made none."""

    document: AnswerDocument
    is_new: bool
    accepted: int
    pending: int
    skipped: int


def job_key(row: AnswerDocument) -> str:
    """Return the key of the job that reads ``row``."""
    return f"{JOB}:{row.pk}"


@transaction.atomic
def receive(
    product: Product,
    *,
    file: str,
    stored_as: str,
    sha256: str,
    size: int,
    by: Actor,
    at: datetime,
) -> tuple[AnswerDocument, bool]:
    """Accept a file for reading; return its record, and whether it is new.

    The same bytes for the same product again are no work, and the caller removes the second copy.

    Raises:
        NotAllowed: ``by`` may not answer for this product.
        TooManyUploads: the partner has handed over, or has waiting, too many.
    """
    row = AnswerDocument(
        product=product,
        sha256=sha256,
        size=size,
        file=file[:200],
        stored_as=stored_as,
        received_at=at,
        received_by=by.ref,
    )
    require(by, Act.DOCUMENT_GIVE, row, at=at)
    Product.objects.select_for_update(of=("self",)).get(pk=product.pk)
    known = AnswerDocument.objects.filter(product=product, sha256=sha256).first()
    if known is not None:
        return known, False
    _refuse_excess(product, at=at)
    row.save(force_insert=True)
    lane = lane_of(product.partner_id)
    jobs.enqueue(JOB, key=job_key(row), payload={"document": str(row.pk)}, at=at, lane=lane)
    _record(row, by=by, at=at, product=product.ref, size=size)
    return row, True


def _refuse_excess(product: Product, *, at: datetime) -> None:
    """Hold one partner to what leaves room for the others."""
    counted = AnswerDocument.objects.filter(product__partner=product.partner_id).aggregate(
        hour=Count("pk", filter=Q(received_at__gt=at - timedelta(hours=1))),
        waiting=Count("pk", filter=Q(outcome=Taking.PENDING)),
    )
    if counted["hour"] >= MOST_IN_AN_HOUR:
        raise TooManyUploads(f"More than {MOST_IN_AN_HOUR} files in an hour.", seconds=3600)
    if counted["waiting"] >= MOST_WAITING:
        raise TooManyUploads(f"{MOST_WAITING} files are waiting to be read.", seconds=60)


@transaction.atomic
def work_off(
    row: AnswerDocument, *, on_phase: OnPhase = unheard, by: Actor, at: datetime
) -> AnswerDocument:
    """Read what was received, and apply it; what is wrong with it is kept for its sender.

    Raises:
        NotAllowed: ``by`` may not (any more).
        OSError: the bytes are not at hand here; another worker may have them.
        ChildFailed: reading failed for a reason that is ours; trying again may help.
    """
    require(by, Act.DOCUMENT_GIVE, row, at=at)
    row = AnswerDocument.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if row.outcome != Taking.PENDING:
        return row
    on_phase(Phase.READING)
    path = Path(settings.MEDIA_ROOT) / row.stored_as
    try:
        document = read_isolated(path)
    except Rejected as refused:
        _reject(row, refused, by=by, at=at)
        transaction.on_commit(lambda: path.unlink(missing_ok=True))
    else:
        on_phase(Phase.STORING)
        _apply(row, document, by=by, at=at)
    on_phase(Phase.DONE)
    return row


@transaction.atomic
def take(body: bytes, *, product: Product, by: Actor, at: datetime) -> Taken:
    """Read a VEX document for ``product`` and apply it now. The same bytes again change nothing.

    Raises:
        NotAllowed: ``by`` may not answer for this product.
        UnreadableVex: no such document; nothing was written.
    """
    sha256 = hashlib.sha256(body).hexdigest()
    row = AnswerDocument(
        product=product, sha256=sha256, size=len(body), received_at=at, received_by=by.ref
    )
    require(by, Act.DOCUMENT_GIVE, row, at=at)
    if len(body) > MAX_BYTES:
        raise UnreadableVex(f"It is larger than {MAX_BYTES // 2**20} MiB.")
    Product.objects.select_for_update(of=("self",)).get(pk=product.pk)
    known = AnswerDocument.objects.filter(product=product, sha256=sha256).first()
    if known is not None and known.outcome == Taking.TAKEN:
        return _taken(known, is_new=False)
    row = known or row
    try:
        with tempfile.NamedTemporaryFile() as file:
            file.write(body)
            file.flush()
            document = read_isolated(Path(file.name))
    except Rejected as refused:
        first = refused.defects[0]
        said = f"{first.detail} {first.remedy}".strip()
        raise UnreadableVex(said, pointer=first.pointer) from None
    _apply(row, document, by=by, at=at)
    return _taken(row, is_new=True)


def _apply(row: AnswerDocument, document: Document, *, by: Actor, at: datetime) -> None:
    row.format, row.version = document.format, document.version[:60]
    row.author, row.stated_claim = document.author[:200], document.stated_at
    row.outcome, row.finished_at = Taking.TAKEN, at
    row.problems, row.problems_count = [], 0
    row.save()
    statements, answers = resolving.claims(row, document, at=at)
    VexStatement.objects.bulk_create(statements, 2_000)
    answering.keep(answers, row.product, at=at)
    _record(
        row,
        by=by,
        at=at,
        format=row.format,
        statements=len(statements),
        claims=len(answers),
        unclaimed=sum(bool(one.reason) for one in statements),
    )


def _reject(row: AnswerDocument, refused: Rejected, *, by: Actor, at: datetime) -> None:
    row.outcome, row.finished_at = Taking.REJECTED, at
    row.problems = [_problem(defect) for defect in refused.defects]
    row.problems_count = refused.at_least
    row.save()
    _record(row, by=by, at=at, outcome=row.outcome, codes=_codes(refused.defects))


def _record(row: AnswerDocument, *, by: Actor, at: datetime, **facts: object) -> None:
    facts = {"sha256": row.sha256, **facts}
    audit.record(by=by, act=Act.DOCUMENT_GIVE, ref=row.ref, at=at, **facts)


def _codes(defects: Iterable[Defect]) -> list[str]:
    return sorted({str(one.code) for one in defects})


def _problem(defect: Defect) -> dict[str, Any]:
    return {
        "code": str(defect.code),
        "pointer": defect.pointer,
        "detail": defect.detail,
        "remedy": defect.remedy,
    }


def _taken(row: AnswerDocument, *, is_new: bool) -> Taken:
    claims = Answer.objects.filter(document=row)
    return Taken(
        row,
        is_new,
        claims.filter(decision=Decision.ACCEPTED).count(),
        claims.filter(decision=Decision.PENDING).count(),
        row.statements.exclude(reason="").count(),
    )
