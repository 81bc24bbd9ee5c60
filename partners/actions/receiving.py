"""Taking in what a partner hands over: received at once, read by a job, told either way."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, Sum

from governance import audit, jobs
from governance.access import require
from governance.domain.actor import Actor
from partners.actions import storing, webhooks
from partners.actions.feeding import sha256_of
from partners.domain.intakes import OnPhase, Phase, lane_of, unheard
from partners.domain.sboms import Code, Defect, Rejected, SbomDocument
from partners.errors import SerialVersionReused, StorageFull, TooManyUploads, UnreadableSbom
from partners.models import Finding, FindingState, Intake, Outcome, Product
from partners.permissions import Act
from partners.sbom.isolation import read_isolated

JOB = "sbom_intake"
MOST_IN_AN_HOUR = 60
MOST_WAITING = 20
MOST_KEPT_BYTES = 10 * 2**30


def job_key(intake: Intake) -> str:
    """Return the key of the job that reads ``intake``."""
    return f"{JOB}:{intake.pk}"


def stored_at(intake: Intake) -> Path:
    """Return where the bytes of ``intake`` lie."""
    return Path(settings.MEDIA_ROOT) / intake.stored_as


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
) -> tuple[Intake, bool]:
    """Accept a file for reading; return its intake, and whether it is new.

    The same bytes for the same product again are no work: the earlier intake is returned,
    and the caller removes the second copy.

    Raises:
        NotAllowed: ``by`` may not hand over anything for ``product``.
        TooManyUploads: the partner has handed over, or has waiting, too many.
        StorageFull: the partner's files take up too much.
    """
    intake = Intake(
        product=product,
        sha256=sha256,
        size=size,
        file=file[:200],
        stored_as=stored_as,
        received_at=at,
        received_by=by.ref,
    )
    require(by, Act.INTAKE_SUBMIT, intake, at=at)
    Product.objects.select_for_update(of=["self"]).get(pk=product.pk)
    earlier = Intake.objects.filter(product=product, sha256=sha256).first()
    if earlier is not None:
        return earlier, False
    _refuse_excess(product, size, at=at)
    intake.save(force_insert=True)
    lane = lane_of(product.partner_id)
    jobs.enqueue(JOB, key=job_key(intake), payload={"intake": str(intake.pk)}, at=at, lane=lane)
    audit.record(
        by=by,
        act=Act.INTAKE_SUBMIT,
        ref=intake.ref,
        at=at,
        product=product.ref,
        sha256=sha256,
        size=size,
    )
    return intake, True


def _refuse_excess(product: Product, size: int, *, at: datetime) -> None:
    """Hold one partner to what leaves room for the others."""
    own = Intake.objects.filter(product__partner=product.partner_id)
    since = at - timedelta(hours=1)
    counted = own.aggregate(
        hour=Count("pk", filter=Q(received_at__gt=since)),
        waiting=Count("pk", filter=Q(outcome=Outcome.PENDING)),
        kept=Sum("size", filter=~Q(stored_as="") & ~Q(outcome=Outcome.REJECTED)),
    )
    if counted["hour"] >= MOST_IN_AN_HOUR:
        raise TooManyUploads(f"More than {MOST_IN_AN_HOUR} files in an hour.", seconds=3600)
    if counted["waiting"] >= MOST_WAITING:
        raise TooManyUploads(f"{MOST_WAITING} files are waiting to be read.", seconds=60)
    if (counted["kept"] or 0) + size > MOST_KEPT_BYTES:
        raise StorageFull(f"Your files take up {MOST_KEPT_BYTES // 2**30} GiB. Ask us for room.")


@transaction.atomic
def work_off(intake: Intake, *, on_phase: OnPhase = unheard, by: Actor, at: datetime) -> Intake:
    """Read and store what was received; what is wrong with it is kept for its sender.

    Raises:
        NotAllowed: ``by`` may not (any more).
        OSError: the bytes are not at hand here; another worker may have them.
        ChildFailed: reading failed for a reason that is ours; trying again may help.
    """
    require(by, Act.INTAKE_SUBMIT, intake, at=at)
    row = Intake.objects.select_for_update(of=["self"]).get(pk=intake.pk)
    if row.outcome != Outcome.PENDING:
        return row
    on_phase(Phase.READING)
    path = stored_at(row)
    try:
        with read_isolated(path) as (document, rows), transaction.atomic():
            _accept(row, document, rows, on_phase=on_phase, by=by, at=at)
    except Rejected as refused:
        _reject(row, refused.defects, refused.at_least, by=by, at=at)
    except SerialVersionReused:
        _reject(row, [_reused()], 1, by=by, at=at)
    if row.outcome == Outcome.REJECTED:
        transaction.on_commit(lambda: path.unlink(missing_ok=True))
    on_phase(Phase.DONE)
    return row


@transaction.atomic
def take_in(
    path: Path, *, product: Product, on_phase: OnPhase = unheard, by: Actor, at: datetime
) -> tuple[Intake, bool]:
    """Read and store the file at ``path`` now; return its intake, and whether it is new.

    Raises:
        NotAllowed: ``by`` may not hand over anything for ``product``.
        OSError: the file cannot be read.
        UnreadableSbom: the document is refused; nothing was written.
        SerialVersionReused: its serial number and version stood in other bytes before.
    """
    intake = Intake(
        product=product,
        size=path.stat().st_size,
        file=path.name[:200],
        received_at=at,
        received_by=by.ref,
    )
    require(by, Act.INTAKE_SUBMIT, intake, at=at)
    intake.sha256 = sha256_of(path)
    Product.objects.select_for_update(of=["self"]).get(pk=product.pk)
    earlier = Intake.objects.filter(product=product, sha256=intake.sha256).first()
    if earlier is not None and earlier.sbom_id is not None:
        return earlier, False
    on_phase(Phase.READING)
    row = earlier or intake
    try:
        with read_isolated(path) as (document, rows):
            _accept(row, document, rows, on_phase=on_phase, by=by, at=at)
    except Rejected as refused:
        raise UnreadableSbom(refused.defects, at_least=refused.at_least) from None
    on_phase(Phase.DONE)
    return row, True


def _accept(
    row: Intake,
    document: SbomDocument,
    rows: BinaryIO,
    *,
    on_phase: OnPhase,
    by: Actor,
    at: datetime,
) -> None:
    stored = storing.store(
        document,
        rows,
        product=row.product,
        sha256=row.sha256,
        received_at=row.received_at,
        on_phase=on_phase,
        at=at,
    )
    sbom, settled = stored.sbom, stored.settled
    row.sbom = sbom
    row.outcome = Outcome.ACCEPTED_PARTIAL if sbom.quarantined else Outcome.ACCEPTED
    row.opened, row.closed = settled.opened, settled.closed
    row.unchanged = _open_count(row.product) - settled.opened if sbom.is_current else 0
    row.diff = asdict(stored.diff) if stored.diff is not None else None
    _finish(row, document.warnings, document.warnings_count, at=at)
    audit.record(
        by=by,
        act=Act.INTAKE_SUBMIT,
        ref=row.ref,
        at=at,
        sbom=sbom.ref,
        outcome=row.outcome,
        components=sbom.received,
        opened=settled.opened,
        closed=settled.closed,
    )


def _open_count(product: Product) -> int:
    return Finding.objects.filter(product=product, state=FindingState.OPEN).count()


def _reject(
    row: Intake, defects: Iterable[Defect], at_least: int, *, by: Actor, at: datetime
) -> None:
    row.outcome = Outcome.REJECTED
    _finish(row, defects, at_least, at=at)
    codes = sorted({str(problem["code"]) for problem in row.problems})
    audit.record(by=by, act=Act.INTAKE_SUBMIT, ref=row.ref, at=at, outcome=row.outcome, codes=codes)


def _finish(row: Intake, defects: Iterable[Defect], count: int, *, at: datetime) -> None:
    row.problems = [_problem(defect) for defect in defects]
    row.problems_count = count
    row.finished_at = at
    row.save()
    is_taken = row.outcome != Outcome.REJECTED
    webhooks.tell(
        row.product.partner,
        "sbom.accepted" if is_taken else "sbom.rejected",
        key=f"intake:{row.pk}",
        data={
            "intake": str(row.pk),
            "product": row.product.slug,
            "outcome": row.outcome,
            "findings_opened": row.opened,
            "findings_closed": row.closed,
            "problems_count": count,
        },
        at=at,
    )


def _problem(defect: Defect) -> dict[str, Any]:
    return {
        "code": str(defect.code),
        "pointer": defect.pointer,
        "detail": defect.detail,
        "remedy": defect.remedy,
    }


def _reused() -> Defect:
    return Defect(
        Code.SERIAL_VERSION_REUSED,
        "/serialNumber",
        "this serial number and version stood in another document before",
        "Raise the version, or give the document a new serial number.",
    )
