"""Terms for patching: decided in versions, applied to what stands only on purpose."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import BadInput
from partners.actions import clocks, settling
from partners.domain import patching
from partners.models import EventKind, Finding, FindingEvent, FindingState, Partner, PatchPolicy
from partners.permissions import Act

BATCH = 2_000


@transaction.atomic
def decide(
    *,
    critical_days: int,
    other_days: int,
    uses_kev: bool,
    uses_bod_26_04: bool,
    anchor: str,
    reason: str,
    by: Actor,
    at: datetime,
) -> PatchPolicy:
    """Decide new terms. They hold for findings that open from now on; standing ones keep theirs.

    Raises:
        NotAllowed: ``by`` may not decide on terms.
        BadInput: no reason.
        ValidationError: days out of range, or an unknown anchor.
    """
    require(by, Act.POLICY_DECIDE, PatchPolicy(), at=at)
    if not reason.strip():
        raise BadInput("New terms need a reason.")
    newest = PatchPolicy.objects.aggregate(last=Max("version"))["last"] or 1
    row = PatchPolicy(
        version=newest + 1,
        critical_days=critical_days,
        other_days=other_days,
        uses_kev=uses_kev,
        uses_bod_26_04=uses_bod_26_04,
        anchor=anchor,
        reason=reason.strip()[:300],
        decided_by=by.ref,
        decided_at=at,
    )
    row.full_clean()
    row.save(force_insert=True)
    facts: dict[str, Any] = {"version": row.version, "critical_days": row.critical_days}
    audit.record(
        by=by,
        act=Act.POLICY_DECIDE,
        ref=row.ref,
        at=at,
        other_days=row.other_days,
        reason=row.reason,
        **facts,
    )
    return row


@transaction.atomic
def recompute(*, reason: str, by: Actor, at: datetime) -> int:
    """Give every open finding the date that the terms in force say; return how many moved.

    The anchor stays. This is the one way in which a date can move later, so it says who decided
    it and why. What fell overdue under the old date stays marked so.

    Raises:
        NotAllowed: ``by`` may not decide on terms.
        BadInput: no reason.
    """
    require(by, Act.POLICY_DECIDE, PatchPolicy(), at=at)
    if not reason.strip():
        raise BadInput("Moving dates needs a reason.")
    settling.sweep(at=at)
    policy = clocks.policy_in_force()
    moved = 0
    rows = Finding.objects.filter(
        state=FindingState.OPEN, due_at__isnull=False, breached_at=None
    ).select_related("vulnerability", "product__site", "product__partner")
    batch: list[Finding] = []
    for row in rows.order_by("pk").iterator(BATCH):
        due = patching.due(clocks.facts_of(row), policy=policy)
        if due is None or (due.due_at == row.due_at and row.policy_version == policy.version):
            continue
        values = clocks.columns(due, policy=policy)
        del values["anchor"], values["anchor_at"]
        for name, value in values.items():
            setattr(row, name, value)
        batch.append(row)
    for start in range(0, len(batch), BATCH):
        part = batch[start : start + BATCH]
        Finding.objects.bulk_update(part, clocks.COLUMNS)
        FindingEvent.objects.bulk_create(
            FindingEvent(finding=row, kind=EventKind.REDATED, at=at, text=reason[:300])
            for row in part
        )
        moved += len(part)
    audit.record(
        by=by,
        act=Act.POLICY_DECIDE,
        ref=PatchPolicy().resource_type(),
        at=at,
        recomputed=moved,
        version=policy.version,
        reason=reason,
    )
    return moved


@transaction.atomic
def agree_terms(
    row: Partner,
    *,
    critical_days: int | None,
    other_days: int | None,
    is_trusted: bool,
    by: Actor,
    at: datetime,
) -> Partner:
    """Note the days of a partner's contract, and whether its answers count at once.

    Raises:
        NotAllowed: ``by`` may not change partners.
        ValidationError: days below one.
    """
    require(by, Act.PARTNER_CHANGE, row, at=at)
    row.contract_critical_days, row.contract_other_days = critical_days, other_days
    row.is_trusted = is_trusted
    row.full_clean()
    row.save(update_fields=["contract_critical_days", "contract_other_days", "is_trusted"])
    audit.record(
        by=by,
        act=Act.PARTNER_CHANGE,
        ref=row.ref,
        at=at,
        contract_critical_days=critical_days,
        contract_other_days=other_days,
        is_trusted=is_trusted,
    )
    return row
