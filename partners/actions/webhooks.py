"""Webhooks of partners: registered with a secret, and what each is to be told."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from governance import audit, box
from governance.access import require
from governance.calling import caller
from governance.domain.actor import Actor
from governance.errors import BadInput, Conflict
from partners.domain import webhooks as domain
from partners.domain.webhooks import KINDS
from partners.models import Partner, Webhook, WebhookMessage
from partners.permissions import Act

MOST = 5
"""So many webhooks a partner may have."""


@transaction.atomic
def register(
    *, partner: Partner, url: str, kinds: Iterable[str], by: Actor, at: datetime
) -> tuple[Webhook, str]:
    """Take an address to tell; return it with its secret, which is shown once.

    Raises:
        NotAllowed: ``by`` may not for ``partner``.
        BadInput: an address that is not called, or a kind that there is not.
        Conflict: the partner has five already.
    """
    wanted = sorted(set(kinds))
    try:
        caller.check(url, allowed=settings.WEBHOOK_ALLOWED)
    except caller.BadAddress as error:
        raise BadInput(str(error), pointer="/url") from error
    if not wanted or set(wanted) - set(KINDS):
        raise BadInput("Choose at least one kind of message.", pointer="/kinds")
    secret = domain.new_secret()
    row = Webhook(
        partner=partner,
        url=url,
        secret=box.seal(secret),
        kinds=wanted,
        created_at=at,
        created_by=by.ref,
    )
    require(by, Act.WEBHOOK_CHANGE, row, at=at)
    if Webhook.objects.filter(partner=partner, disabled_at=None).count() >= MOST:
        raise Conflict(f"{MOST} webhooks are the most; disable one first.")
    row.save(force_insert=True)
    audit.record(by=by, act=Act.WEBHOOK_CHANGE, ref=row.ref, at=at, url=url, kinds=wanted)
    return row, secret


@transaction.atomic
def disable(row: Webhook, *, why: str, by: Actor, at: datetime) -> None:
    """Tell this address nothing any more.

    Raises:
        NotAllowed: ``by`` may not for its partner.
        Conflict: it is disabled already.
    """
    require(by, Act.WEBHOOK_CHANGE, row, at=at)
    rows = Webhook.objects.filter(pk=row.pk, disabled_at=None)
    if not rows.update(disabled_at=at, disabled_why=why[:300]):
        raise Conflict("This webhook is disabled already.")
    audit.record(by=by, act=Act.WEBHOOK_CHANGE, ref=row.ref, at=at, disabled=why[:300])


def tell(partner: Partner, kind: str, *, key: str, data: dict[str, Any], at: datetime) -> int:
    """Write a message to each webhook of ``partner`` that wants ``kind``, once per ``key``.

    In the transaction of what it speaks of; the next look sends it. Returns how many were new.
    """
    rows = Webhook.objects.filter(partner=partner, disabled_at=None, kinds__contains=[kind])
    return sum(write(hook, kind, key=key, data=data, at=at) for hook in rows)


def write(hook: Webhook, kind: str, *, key: str, data: dict[str, Any], at: datetime) -> int:
    """Write a message to ``hook`` unless it was written before under ``key``; return how many."""
    body = json.dumps({"type": kind, "timestamp": at.isoformat(), "data": data})
    message = WebhookMessage(webhook=hook, key=key[:120], kind=kind, body=body, created_at=at)
    if WebhookMessage.objects.filter(webhook=hook, key=message.key).exists():
        return 0
    message.save(force_insert=True)
    return 1
