"""The door through which every act enters the audit log."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from governance import context
from governance.context import Denial
from governance.domain.actor import Actor
from governance.models import AuditEvent, DecisionLog


def _request_id() -> str:
    now = context.current()
    if now is None:
        raise RuntimeError("nobody is acting: enter governance.boundary.acting() first")
    return now.request_id


def record(*, by: Actor, act: StrEnum, ref: str, at: datetime, **body: object) -> None:
    """Write that ``by`` did ``act`` to ``ref``, in the transaction of the change itself.

    ``body`` holds what a reader needs besides: the reason, old and new values. Never a
    secret. It must be JSON.
    """
    AuditEvent.objects.create(
        occurred_at=at,
        actor=by.ref,
        act=str(act),
        object=ref,
        request_id=_request_id(),
        body={key: value for key, value in body.items() if value is not None},
    )


def record_denials(denials: Iterable[Denial], *, request_id: str) -> None:
    """Write refusals, after the transaction that they ended was rolled back."""
    rows = list(denials)
    AuditEvent.objects.bulk_create(
        AuditEvent(
            occurred_at=denial.at,
            actor=denial.actor.ref,
            act=denial.act,
            object=denial.ref,
            outcome="denied",
            request_id=request_id,
            body={"reason": denial.decision.reason, "rule": denial.decision.rule},
        )
        for denial in rows
    )
    DecisionLog.objects.bulk_create(
        DecisionLog(
            at=denial.at,
            subject=denial.actor.ref,
            act=denial.act,
            resource=denial.ref,
            domain=denial.domain,
            allow=False,
            reason=denial.decision.reason,
            rule=denial.decision.rule,
            policy_sha256=denial.decision.policy_sha256,
            request_id=request_id,
        )
        for denial in rows
    )
