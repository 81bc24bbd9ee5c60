"""The door through which every act enters the audit log.

Changes of rows enter by themselves: see ``governance/postgresql/audit.sql``.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from governance import context
from governance.context import OWN, Denial, Receipt
from governance.domain.actor import Actor
from governance.models import DecisionLog
from governance.tlog.tree import leaf_hash

# The application may state these columns; the database itself writes the others.
_INSERT = """
INSERT INTO audit_event
  (occurred_at, tenant, scope, actor, act, cause, object, outcome, request_id, body)
VALUES {} RETURNING id, leaf_data
"""
_ROW = "(%s, %s, %s, %s, %s, '', %s, %s, %s, %s)"


def record(*, by: Actor, act: StrEnum, ref: str, at: datetime, **body: object) -> None:
    """Write that ``by`` did ``act`` to ``ref``, in the transaction of the change itself.

    ``body`` holds what a reader needs besides: the reason, old and new values. Never a
    secret. It must be JSON. Names, addresses and other personal data belong nowhere else.
    The receipt is left in the context of whoever acts.
    """
    now = context.current()
    if now is None:
        raise RuntimeError("nobody is acting: enter governance.boundary.acting() first")
    facts = {key: value for key, value in body.items() if value is not None}
    row = (at, by.party or OWN, "", by.ref, str(act), ref, "ok", now.request_id, _text(facts))
    now.receipts.extend(_insert([row]))


def record_denials(denials: Iterable[Denial], *, request_id: str) -> None:
    """Write refusals, after the transaction that they ended was rolled back."""
    rows = list(denials)
    _insert(
        [
            (
                denial.at,
                denial.actor.party or OWN,
                denial.domain,
                denial.actor.ref,
                denial.act,
                denial.ref,
                "denied",
                request_id,
                _text({"reason": denial.decision.reason, "rule": denial.decision.rule}),
            )
            for denial in rows
        ]
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
            inputs=denial.inputs,
        )
        for denial in rows
    )


def _insert(rows: Sequence[tuple[Any, ...]]) -> list[Receipt]:
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT.format(", ".join([_ROW] * len(rows))), [value for row in rows for value in row]
        )
        return [Receipt(key, leaf_hash(bytes(data))) for key, data in cursor.fetchall()]


def _text(facts: dict[str, object]) -> str:
    """Return ``facts`` as the text that is digested and stored; NaN and the like are refused."""
    return json.dumps(facts, cls=DjangoJSONEncoder, ensure_ascii=False, allow_nan=False)
