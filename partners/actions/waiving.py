"""Waivers: asked for by one, agreed by another, over by time alone."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict
from partners.actions import settling
from partners.actions.informing import inform
from partners.domain import waiving
from partners.errors import BadWaiver, OwnWaiver
from partners.models import EventKind, Finding, FindingEvent, FindingState, Waiver, WaiverState
from partners.permissions import Act

OPEN_STATES = (WaiverState.ASKED, WaiverState.HALF)


@transaction.atomic
def ask(
    findings: Sequence[Finding],
    *,
    reason: str,
    control: str = "",
    owner: str,
    until: datetime,
    by: Actor,
    at: datetime,
) -> Waiver:
    """Ask that ``findings`` of one product may stay open until ``until``.

    Raises:
        NotAllowed: ``by`` may not ask for that product.
        BadWaiver: nothing open, several products, no reason or owner, or too long.
    """
    found = list(
        Finding.objects.filter(pk__in=[row.pk for row in findings], state=FindingState.OPEN)
        .select_related("product__partner", "product__site")
        .order_by("pk")
    )
    if not found or len({row.product_id for row in found}) != 1:
        raise BadWaiver("Choose open findings of one product.")
    row = Waiver(
        product=found[0].product,
        reason=reason.strip()[:1000],
        control=control.strip()[:1000],
        owner=owner.strip()[:200],
        until=until,
        asked_by=by.ref,
        asked_at=at,
        needs_two=any(one.is_kev for one in found),
        renewal=_before(found),
    )
    require(by, Act.WAIVER_ASK, row, at=at)
    if not row.reason or not row.owner:
        raise BadWaiver("A waiver needs a reason and an owner.")
    _refuse_fault(at, until)
    row.save(force_insert=True)
    row.findings.set(found)
    audit.record(
        by=by,
        act=Act.WAIVER_ASK,
        ref=row.ref,
        at=at,
        findings=[one.ref for one in found],
        until=until.isoformat(),
        reason=row.reason,
    )
    return row


@transaction.atomic
def agree(row: Waiver, *, reason: str, by: Actor, at: datetime) -> Waiver:
    """Agree to a waiver: it begins now, or waits for the second where one is exploited.

    What fell overdue before is marked first: a waiver hides no breach of the past.

    Raises:
        NotAllowed: ``by`` may not decide on waivers there.
        OwnWaiver: ``by`` asked for it, or agreed before.
        Conflict: it was decided already.
        BadWaiver: it would end too late, or has no time left.
    """
    row = _locked(row)
    require(by, Act.WAIVER_DECIDE, row, at=at)
    if by.ref in (row.asked_by, row.first_by):
        raise OwnWaiver("A waiver is granted by somebody who did not ask for it or agree before.")
    if row.state not in OPEN_STATES:
        raise Conflict(f"{row} was decided already")
    _refuse_fault(at, row.until)
    if row.state == WaiverState.HALF:
        row.second_by, row.second_at = by.ref, at
    else:
        row.first_by, row.first_at = by.ref, at
    # An entry into the catalog of exploited ones since the asking counts too.
    row.needs_two = row.needs_two or row.findings.filter(is_kev=True).exists()
    row.decision_reason = reason.strip()[:1000]
    is_granted = bool(row.second_by) or not row.needs_two
    row.state = WaiverState.GRANTED if is_granted else WaiverState.HALF
    if is_granted:
        row.begins_at = at
    row.save()
    if is_granted:
        _cover(row, at=at)
    audit.record(
        by=by,
        act=Act.WAIVER_DECIDE,
        ref=row.ref,
        at=at,
        state=row.state,
        reason=row.decision_reason,
    )
    if is_granted:
        _inform(row, f"granted until {row.until:%Y-%m-%d %H:%M} UTC", at=at)
    return row


@transaction.atomic
def refuse(row: Waiver, *, reason: str, by: Actor, at: datetime) -> Waiver:
    """Refuse a waiver that was asked for.

    Raises:
        NotAllowed: ``by`` may not decide on waivers there.
        OwnWaiver: ``by`` asked for it.
        Conflict: it was decided already.
    """
    row = _locked(row)
    require(by, Act.WAIVER_DECIDE, row, at=at)
    if by.ref == row.asked_by:
        raise OwnWaiver("Somebody else decides on it.")
    if row.state not in OPEN_STATES:
        raise Conflict(f"{row} was decided already")
    row.state, row.decision_reason = WaiverState.REFUSED, reason.strip()[:1000]
    if not row.first_by:
        row.first_by, row.first_at = by.ref, at
    elif by.ref != row.first_by:
        row.second_by, row.second_at = by.ref, at
    row.save()
    audit.record(by=by, act=Act.WAIVER_DECIDE, ref=row.ref, at=at, state=row.state, reason=reason)
    _inform(row, "refused", at=at)
    return row


@transaction.atomic
def end(row: Waiver, *, reason: str, by: Actor, at: datetime) -> Waiver:
    """End a waiver before its time: the clocks stand where they always were.

    Raises:
        NotAllowed: ``by`` may not decide on waivers there.
        Conflict: it is not in force.
    """
    row = _locked(row)
    require(by, Act.WAIVER_DECIDE, row, at=at)
    begins_at = row.begins_at
    if row.state != WaiverState.GRANTED or begins_at is None or not begins_at < at <= row.until:
        raise Conflict(f"{row} is not in force")
    row.state, row.ended_at, row.decision_reason = WaiverState.ENDED, at, reason.strip()[:1000]
    row.save()
    covered = row.findings.filter(waived_until=row.until)
    keys = list(covered.values_list("pk", flat=True))
    Finding.objects.filter(pk__in=keys, waived_from__lt=at).update(waived_until=at)
    _note(keys, EventKind.UNWAIVED, f"Ended early: {row.decision_reason}", at=at)
    audit.record(by=by, act=Act.WAIVER_DECIDE, ref=row.ref, at=at, state=row.state, reason=reason)
    _inform(row, "ended early; the dates stand where they always were", at=at)
    return row


def _inform(row: Waiver, became: str, *, at: datetime) -> None:
    names = row.findings.order_by("vulnerability__name").values_list("vulnerability__name")
    about = ", ".join(name for (name,) in names.distinct()[:5])
    inform(
        row.product.partner,
        f"A waiver for {row.product.name} was {became.partition(';')[0]}",
        f"About {about}: it was {became}. {row.decision_reason}".strip(),
        about=row,
        key=f"waiver:{row.pk}:{row.state}",
        at=at,
    )


def _locked(row: Waiver) -> Waiver:
    return (
        Waiver.objects.select_for_update(of=("self",))
        .select_related("product__partner", "product__site")
        .get(pk=row.pk)
    )


def _refuse_fault(begins_at: datetime, until: datetime) -> None:
    fault = waiving.fault(begins_at=begins_at, until=until)
    if fault:
        raise BadWaiver(fault)


def _before(findings: Sequence[Finding]) -> int:
    granted = Waiver.objects.filter(
        findings__in=findings, state__in=[WaiverState.GRANTED, WaiverState.ENDED]
    )
    counted = granted.values("findings").annotate(n=Count("pk")).aggregate(most=Max("n"))
    return int(counted["most"] or 0)


def _cover(row: Waiver, *, at: datetime) -> None:
    """Let the findings count as waived; one waived already stays so without a gap."""
    settling.mark_overdue([row.product_id], at=at)
    covered = row.findings.filter(state=FindingState.OPEN)
    keys = list(covered.values_list("pk", flat=True))
    running = Finding.objects.filter(pk__in=keys, waived_from__lte=at, waived_until__gte=at)
    longer = set(running.filter(waived_until__lt=row.until).values_list("pk", flat=True))
    fresh = set(keys) - set(running.values_list("pk", flat=True))
    Finding.objects.filter(pk__in=longer).update(waived_until=row.until)
    Finding.objects.filter(pk__in=fresh).update(waived_from=at, waived_until=row.until)
    text = f"Until {row.until:%Y-%m-%d %H:%M} UTC, owned by {row.owner}: {row.reason}"
    _note(sorted(longer | fresh), EventKind.WAIVED, text[:300], at=at)


def _note(findings: Sequence[UUID], kind: EventKind, text: str, *, at: datetime) -> None:
    FindingEvent.objects.bulk_create(
        FindingEvent(finding_id=pk, kind=kind, at=at, text=text[:300]) for pk in findings
    )
