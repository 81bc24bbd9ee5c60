"""Revocation plans: SQL that one person drafts, another approves, and a new look verifies."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from governance import audit
from governance.access import require
from governance.actions import drifting
from governance.actions.systems import dsn_of
from governance.connectors import revoking as statements
from governance.connectors.errors import ConnectorFailed
from governance.domain.actor import Actor
from governance.domain.drift import ACCESS_KINDS, GrantKey
from governance.errors import Conflict, Refused
from governance.models import (
    DriftFinding,
    DriftState,
    Grant,
    RevocationPlan,
    SnapshotState,
    SystemKind,
)
from governance.permissions import Act


class OwnPlan(Refused):
    """Nobody approves a revocation that they drafted."""

    code = "own_plan"


class StillStands(Refused):
    """A revocation was run, and what it takes away is still there."""

    code = "still_stands"


@transaction.atomic
def draft(
    findings: Sequence[DriftFinding], *, reason: str, by: Actor, at: datetime
) -> RevocationPlan:
    """Write down the SQL that takes away what ``findings`` show; nothing is run.

    Raises:
        NotAllowed: ``by`` may not draft it.
        Refused: no reason, not all in one PostgreSQL, or not by a single statement.
        Conflict: one of them is not open.
    """
    systems = {finding.system_id for finding in findings}
    if len(systems) != 1:
        raise Refused("A plan is about findings of one system.")
    system = findings[0].system
    if drifting.reader(system) != SystemKind.POSTGRESQL:
        raise Refused(f"There is no SQL that takes grants away in {system}.")
    plan = RevocationPlan(system=system, drafted_by=by.ref, drafted_at=at, reason=reason[:300])
    require(by, Act.REVOCATION_DRAFT, plan, at=at)
    if not reason.strip():
        raise Refused("A revocation needs a reason.")
    lines = [line for finding in findings for line in _statements(finding, at=at)]
    plan.statements = "\n".join(dict.fromkeys(lines))
    plan.save()
    moved = DriftFinding.objects.filter(
        pk__in=[finding.pk for finding in findings], state=DriftState.OPEN
    ).update(state=DriftState.REVOKE_REQUESTED, plan=plan)
    if moved != len(findings):
        raise Conflict("One of the findings is not open.")
    audit.record(by=by, act=Act.REVOCATION_DRAFT, ref=plan.ref, at=at, reason=reason, count=moved)
    return plan


@transaction.atomic
def ask(findings: Sequence[DriftFinding], *, reason: str, by: Actor, at: datetime) -> int:
    """Ask that what open ``findings`` of one system show is taken away; return how many moved.

    Where a statement does it, a plan is drafted for somebody else to approve. The others wait
    for whoever runs the system; the next look there closes either.

    Raises:
        NotAllowed: ``by`` may not draft revocations here.
        Conflict: one of them is not open.
    """
    written = [one for one in findings if is_written(one, at=at)]
    if written:
        draft(written, reason=reason, by=by, at=at)
    for finding in findings:
        if finding in written:
            continue
        require(by, Act.REVOCATION_DRAFT, RevocationPlan(system=finding.system), at=at)
        if not DriftFinding.objects.filter(pk=finding.pk, state=DriftState.OPEN).update(
            state=DriftState.REVOKE_REQUESTED
        ):
            raise Conflict(f"{finding} is not open.")
        audit.record(by=by, act=Act.REVOCATION_DRAFT, ref=finding.ref, at=at, reason=reason)
    return len(findings)


def is_written(finding: DriftFinding, *, at: datetime) -> bool:
    """Return whether a plan can be drafted that takes away what ``finding`` shows."""
    if drifting.reader(finding.system) != SystemKind.POSTGRESQL:
        return False
    try:
        _statements(finding, at=at)
    except Refused:
        return False
    return True


def _statements(finding: DriftFinding, *, at: datetime) -> list[str]:
    """Return the statement that takes the grant away, and what gives back what it takes besides."""
    if finding.kind not in ACCESS_KINDS:
        raise Refused(f"{finding}: there is no grant to take away.")
    key = GrantKey(finding.principal, finding.entitlement, finding.scope)
    try:
        taken = statements.statement(key)
        back = [statements.given_back(column) for column in _approved_columns(finding, at=at)]
    except ValueError as error:
        raise Refused(f"{finding}: {error}") from None
    if not back:
        return [taken]
    columns = "1 column is" if len(back) == 1 else f"{len(back)} columns are"
    note = f"{statements.NOTE}This takes it on all columns too; {columns} approved and given back."
    return [taken, note, *back]


def _approved_columns(finding: DriftFinding, *, at: datetime) -> list[GrantKey]:
    """Return the columns of the table found for which the same is approved, and held there."""
    same = {"principal": finding.principal, "entitlement": finding.entitlement}
    within = {**same, "scope__startswith": f"{finding.scope}."}
    held = finding.system.observed.filter(is_implied=False, **within).values_list(
        "scope", flat=True
    )
    approved = Grant.objects.in_force(at).filter(system=finding.system, **within)
    wanted = approved.filter(scope__in=list(held)).order_by("scope")
    return [
        GrantKey(finding.principal, finding.entitlement, scope)
        for scope in wanted.values_list("scope", flat=True).distinct()
    ]


@transaction.atomic
def approve(plan: RevocationPlan, *, by: Actor, at: datetime) -> RevocationPlan:
    """Approve the text of ``plan`` as it stands.

    Raises:
        NotAllowed: ``by`` may not approve it.
        OwnPlan: ``by`` drafted it.
        Conflict: it was approved before.
    """
    require(by, Act.REVOCATION_APPROVE, plan, at=at)
    if by.ref == plan.drafted_by:
        raise OwnPlan("Somebody else must approve a revocation of yours.")
    if not RevocationPlan.objects.filter(pk=plan.pk, approved_at=None).update(
        approved_at=at, approved_by=by.ref
    ):
        raise Conflict(f"{plan} was approved already")
    plan.refresh_from_db()
    audit.record(by=by, act=Act.REVOCATION_APPROVE, ref=plan.ref, at=at)
    return plan


def apply(plan: RevocationPlan, *, by: Actor, at: datetime) -> drifting.Outcome:
    """Run an approved ``plan`` in its system, and look there anew: only that closes findings.

    Raises:
        NotAllowed: ``by`` may not apply it.
        Conflict: it is not approved, or was applied before.
        NotReached: the system did not answer or refused; nothing was changed there, and the
            plan keeps when and why.
        StillStands: it answered, and the new look shows that the access was not taken away.
    """
    try:
        _run(plan, by=by, at=at)
    except drifting.NotReached as error:
        _keep_failure(plan, error.detail, by=by, at=at)
        raise
    outcome = drifting.detect(plan.system, by=by, at=at)
    if left := _left(plan):
        said = (
            f"The SQL ran without an error, and the new look still shows {left} of what it takes"
            " away: somebody else gave it too, so the owner must take it away. It is open again."
        )
        _keep_failure(plan, said, by=by, at=at)
        raise StillStands(said)
    return outcome


def _left(plan: RevocationPlan) -> int:
    """Open again what ``plan`` was to take away and a look that was believed still shows."""
    newest = plan.system.snapshots.first()
    if newest is None or newest.state != SnapshotState.COMPARED:
        return 0
    return plan.findings.filter(state=DriftState.REVOKE_REQUESTED).update(state=DriftState.OPEN)


def _run(plan: RevocationPlan, *, by: Actor, at: datetime) -> None:
    with transaction.atomic():
        require(by, Act.REVOCATION_APPLY, plan, at=at)
        if not RevocationPlan.objects.filter(
            pk=plan.pk, approved_at__isnull=False, applied_at=None
        ).update(applied_at=at, applied_by=by.ref, failed_at=None, failure=""):
            raise Conflict(f"{plan} is not approved, or was applied already")
        plan.refresh_from_db()
        audit.record(by=by, act=Act.REVOCATION_APPLY, ref=plan.ref, at=at)
        try:
            # Within the transaction: what the system refuses was not applied here either.
            statements.apply(dsn_of(plan.system), plan.statements.splitlines())
        except ConnectorFailed as error:
            raise drifting.NotReached(f"{plan.system}: {error.detail}") from error


@transaction.atomic
def _keep_failure(plan: RevocationPlan, failure: str, *, by: Actor, at: datetime) -> None:
    """Keep when and why a run of ``plan`` came to nothing, for whoever tries again."""
    require(by, Act.REVOCATION_APPLY, plan, at=at)
    failure = failure[:600]
    RevocationPlan.objects.filter(pk=plan.pk).update(failed_at=at, failure=failure)
    plan.refresh_from_db()
    audit.record(by=by, act=Act.REVOCATION_APPLY, ref=plan.ref, at=at, fault=failure)
