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
from governance.context import OWN, Decided, Receipt
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


def record_decided(decided: Iterable[Decided], *, request_id: str) -> None:
    """Write decisions after their transaction: refusals as events too, permits to their log."""
    rows = list(decided)
    refused = [one for one in rows if not one.decision.allow]
    if refused:
        _insert(
            [
                (
                    one.at,
                    one.actor.party or OWN,
                    one.domain,
                    one.actor.ref,
                    one.act,
                    one.ref,
                    "denied",
                    request_id,
                    _text({"reason": one.decision.reason, "rule": one.decision.rule}),
                )
                for one in refused
            ]
        )
    DecisionLog.objects.bulk_create(
        DecisionLog(
            at=one.at,
            subject=one.actor.ref,
            act=one.act,
            resource=one.ref,
            domain=one.domain,
            allow=one.decision.allow,
            reason=one.decision.reason,
            rule=one.decision.rule,
            policy_sha256=one.decision.policy_sha256,
            request_id=request_id,
            inputs=one.inputs,
            weight=one.weight,
        )
        for one in rows
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
