"""Webhooks of partners: registered with a secret, and what each is to be told."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F

from governance import audit, box
from governance.access import require
from governance.calling import caller
from governance.domain.actor import Actor
from governance.errors import BadInput, Conflict
from partners.domain import webhooks as domain
from partners.domain.webhooks import KINDS, OVERLAP, TEST
from partners.errors import TooManyTests
from partners.models import Partner, Webhook, WebhookMessage
from partners.permissions import Act

MOST = 5
"""So many webhooks a partner may have."""
MOST_TESTS = 5
"""So many test messages each may be sent in an hour."""


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


@transaction.atomic
def rotate(row: Webhook, *, by: Actor, at: datetime) -> str:
    """Give ``row`` a new secret and return it, this once; the one before signs on for a week.

    Raises:
        NotAllowed: ``by`` may not for its partner.
        Conflict: it is disabled.
    """
    require(by, Act.WEBHOOK_CHANGE, row, at=at)
    secret = domain.new_secret()
    changed = Webhook.objects.filter(pk=row.pk, disabled_at=None).update(
        previous_secret=F("secret"), previous_until=at + OVERLAP, secret=box.seal(secret)
    )
    if not changed:
        raise Conflict("This webhook is disabled; register it again.")
    audit.record(by=by, act=Act.WEBHOOK_CHANGE, ref=row.ref, at=at, rotated=True)
    return secret


@transaction.atomic
def test(row: Webhook, *, by: Actor, at: datetime) -> WebhookMessage:
    """Write a test message to ``row``, whatever it wants to hear of; it goes out in a minute.

    Raises:
        NotAllowed: ``by`` may not for its partner.
        Conflict: it is disabled.
        TooManyTests: five tests were written within the hour.
    """
    require(by, Act.WEBHOOK_CHANGE, row, at=at)
    if not Webhook.objects.filter(pk=row.pk, disabled_at=None).exists():
        raise Conflict("This webhook is disabled; register it again.")
    since = at - timedelta(hours=1)
    recent = WebhookMessage.objects.filter(webhook=row, kind=TEST, created_at__gt=since).count()
    if recent >= MOST_TESTS:
        raise TooManyTests(f"{MOST_TESTS} tests an hour are the most.", seconds=3600)
    key = f"test:{uuid4()}"
    write(row, TEST, key=key, data={"webhook": str(row.pk)}, at=at)
    audit.record(by=by, act=Act.WEBHOOK_CHANGE, ref=row.ref, at=at, tested=True)
    return WebhookMessage.objects.get(webhook=row, key=key)


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
