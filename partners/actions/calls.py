"""Calls that named themselves with a key: answered once, and the same again."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from governance.domain.actor import Actor
from governance.errors import Conflict
from partners.models import Partner, PortalCall

KEPT = timedelta(hours=24)


def known(token: UUID, *, digest: str) -> PortalCall | None:
    """Return the call of this name, if there was one; another of the same name waits for it.

    Raises:
        Conflict: what was sent then was something else.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [token.int % 2**63])
    row = PortalCall.objects.filter(token=token).first()
    if row is not None and row.digest != digest:
        raise Conflict("This Idempotency-Key stood with another request before.")
    return row


def note(
    token: UUID, *, partner: Partner, digest: str, status: int, answer: Any, place: str,
    by: Actor, at: datetime,
) -> None:  # fmt: skip
    """Keep how a call was answered; ``by`` has been asked for its permission by what answered."""
    told = json.loads(json.dumps(answer, cls=DjangoJSONEncoder))
    PortalCall(
        token=token, partner=partner, digest=digest, status=status, answer=told, place=place, at=at
    ).save(force_insert=True)
