"""What waits for a person's decision in the ground."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, Subquery

from governance import access
from governance.domain.actor import Actor
from governance.domain.drift import Kind
from governance.models import (
    AccessReviewItem,
    Activation,
    DriftFinding,
    DriftState,
    PolicyVersion,
    ReviewState,
    RevocationPlan,
)
from governance.permissions import Act
from governance.queries import request_turns, reviewers, ungiven
from governance.registries import Duty

MOST = 20
DRIFT_AHEAD = timedelta(days=1)


def open_requests(by: Actor, at: datetime) -> list[Duty]:
    """Return the access requests whose decision is the turn of ``by``, the most urgent first."""
    found = request_turns.of(by, at=at).select_related("requester", "system")
    return [
        Duty(
            title=f"{'Approve second' if row.first_approved_at else 'Decide'}: {row}",
            reason=f"{row.requester} asks for {row.days} days in {row.system}: {row.purpose}",
            url=f"/admin/governance/accessrequest/{row.pk}/change/",
            due_at=row.due_at,
        )
        for row in found.order_by("due_at", "pk")[:MOST]
    ]


def break_glass_reviews(by: Actor, at: datetime) -> list[Duty]:
    """Return the opened seals that ``by`` may review, the most urgent first; never own ones."""
    rows = access.visible(
        Activation.objects.filter(reviewed_at=None), to=by, act=Act.BREAK_GLASS_REVIEW, at=at
    )
    kind, _, key = by.ref.partition(":")
    if kind == "user":
        rows = rows.exclude(user=UUID(key))
    return [
        Duty(
            title=f"Review the opened seal: {row.sealed}",
            reason=f"{row.user} took it at {row.activated_at:%H:%M} UTC: {row.reason}",
            url=f"/admin/governance/activation/{row.pk}/change/",
            due_at=row.review_due_at,
        )
        for row in rows.select_related("sealed", "user").order_by("review_due_at", "pk")[:MOST]
    ]


def rollbacks(by: Actor, at: datetime) -> list[Duty]:
    """Return the rollbacks in force that ``by`` may review, the most urgent first.

    Nobody reviews a rollback of their own. One that is overdue stays until it is reviewed.
    """
    rows = access.visible(
        PolicyVersion.objects.filter(
            restores__isnull=False, published_at__isnull=False, review=None
        ).exclude(author=by.ref),
        to=by,
        act=Act.POLICY_REVIEW,
        at=at,
    )
    return [
        Duty(
            title=f"Review the rollback to policy version {row.restores.number}",
            reason=f"In force as version {row.number}: {row.note}",
            url=f"/admin/governance/policyversion/{row.pk}/change/",
            due_at=row.review_due_at,
        )
        for row in rows.select_related("restores").order_by("published_at", "pk")[:MOST]
        if row.restores
    ]


def ungiven_access(by: Actor, at: datetime) -> list[Duty]:
    """Return a line for each system of ``by`` in which something approved is not there yet."""
    found = []
    for system, grants in ungiven.of(by, at=at).items():
        first = grants[0]
        more = f", and {len(grants) - 1} more" if len(grants) > 1 else ""
        page = f"{first.pk}/change/" if not more else f"?system__id__exact={system.pk}"
        found.append(
            Duty(
                title=f"Give in {system}: approved, not there: {len(grants):,}",
                reason=f"{first}{more}; approved since {first.valid_from:%b %d, %H:%M} UTC",
                url=f"/admin/governance/grant/{page}",
            )
        )
    return found[:MOST]


def drift_due(by: Actor, at: datetime) -> list[Duty]:
    """Return one line for the open differences that are due within a day or overdue."""
    due = DriftFinding.objects.filter(state=DriftState.OPEN, due_at__lte=at + DRIFT_AHEAD)
    rows = access.visible(
        due.exclude(kind=Kind.REPORTED),
        to=by,
        # Who may only read it could not answer.
        act=Act.DRIFT_ACCEPT,
        at=at,
    )
    count = rows.count()
    if not count:
        return []
    first = rows.order_by("due_at").values_list("due_at", flat=True)[0]
    many = "grant differs" if count == 1 else "grants differ"
    return [
        Duty(
            title=f"Revoke or explain drift: {count:,} {many} from what was approved",
            reason="Due within a day, or overdue",
            url="/admin/governance/driftfinding/?stands=open",
            due_at=first,
        )
    ]


def reported(by: Actor, at: datetime) -> list[Duty]:
    """Return what was reported about access and ``by`` may close, the most urgent first."""
    rows = access.visible(
        DriftFinding.objects.filter(state=DriftState.OPEN, kind=Kind.REPORTED),
        to=by,
        act=Act.DRIFT_CLOSE,
        at=at,
    )
    return [
        Duty(
            title=f"See who reaches {f'{row.scope} in ' if row.scope else ''}{row.system}",
            reason=row.via,
            url=f"/admin/governance/driftfinding/{row.pk}/change/",
            due_at=row.due_at,
        )
        for row in rows.select_related("system").order_by("due_at", "pk")[:MOST]
    ]


def revocation_plans(by: Actor, at: datetime) -> list[Duty]:
    """Return the drafted revocations that ``by`` may approve, oldest first; never their own."""
    rows = access.visible(
        RevocationPlan.objects.filter(approved_at=None).exclude(drafted_by=by.ref),
        to=by,
        act=Act.REVOCATION_APPROVE,
        at=at,
    )
    return [
        Duty(
            title=f"Approve the {row}",
            reason="Somebody else must approve the SQL before it is run",
            url=f"/admin/governance/revocationplan/{row.pk}/change/",
        )
        for row in rows.select_related("system").order_by("drafted_at", "pk")[:MOST]
    ]


def revocation_runs(by: Actor, at: datetime) -> list[Duty]:
    """Return the approved revocations that ``by`` may run, the most urgent first.

    Those of which nothing stands any more, taken away by hand, wait for nobody.
    """
    standing = DriftFinding.objects.filter(plan=OuterRef("pk")).lasting()
    rows = access.visible(
        RevocationPlan.objects.filter(Exists(standing), approved_at__isnull=False, applied_at=None),
        to=by,
        act=Act.REVOCATION_APPLY,
        at=at,
    ).annotate(due_at=Subquery(standing.order_by("due_at").values("due_at")[:1]))
    return [
        Duty(
            title=f"Run the {row}{' again: it failed' if row.failure else ''}",
            reason=row.failure or "Approved and not run: the access still stands",
            url=f"/admin/governance/revocationplan/{row.pk}/change/",
            due_at=row.due_at,
        )
        for row in rows.select_related("system").order_by("due_at", "approved_at", "pk")[:MOST]
    ]


def access_reviews(by: Actor, at: datetime) -> list[Duty]:
    """Return one line for each campaign in which accesses wait for ``by``, soonest due first.

    Those they were named for, and those that nobody was named for or answered in time; never
    what they hold or gave.
    """
    kind, _, key = by.ref.partition(":")
    if kind != "user":
        return []
    rows = access.visible(
        AccessReviewItem.objects.waiting().filter(review__state=ReviewState.OPEN),
        to=by,
        act=Act.REVIEW_ITEM_DECIDE,
        at=at,
    )
    named = Q(reviewer=UUID(key)) | Q(reviewer=None) | Q(review__due_at__lt=at)
    found = (
        rows.filter(named)
        .exclude(reviewers.own(by.ref))
        .order_by("review__due_at", "review")
        .values("review", "review__quarter", "review__site__name", "review__due_at")
        .annotate(n=Count("pk"))
    )
    return [
        Duty(
            title=f"Review access at {row['review__site__name']}: {row['n']:,} left",
            reason=f"Quarter {row['review__quarter']}: keep, shorten or revoke each",
            url=f"/admin/governance/accessreview/{row['review']}/work/",
            due_at=row["review__due_at"],
        )
        for row in found[:MOST]
    ]
