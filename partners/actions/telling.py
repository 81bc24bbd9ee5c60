"""Telling webhooks: what findings have to say, each try, and the end where nobody answers."""

import secrets
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from governance import audit, box, jobs
from governance.access import require
from governance.calling import caller
from governance.domain.actor import Actor
from partners.actions.informing import inform
from partners.actions.webhooks import write
from partners.domain import webhooks as domain
from partners.domain.webhooks import DISABLE_AFTER
from partners.models import Webhook, WebhookMessage
from partners.permissions import Act

JOB = "webhook"
OF_FINDINGS = 200
"""So many findings are told of in one look; the next look tells the rest."""
MESSAGES = 1000
# Judged by what stands, not by what happened: whatever wrote it, nothing is missed or told twice.
_FINDINGS = {
    "finding.opened": "f.state = 'open' AND f.opened_at >= w.created_at",
    "finding.due_soon": (
        "f.state = 'open' AND f.due_at > %(at)s AND f.due_at <= %(at)s + interval '3 days'"
    ),
    "finding.breached": "f.breached_at >= w.created_at AND f.breached_at <= %(at)s",
}
_TO_TELL = """
SELECT w.id, f.id, v.name, p.slug, f.band, f.due_at
FROM partners_webhook w
JOIN partners_product p ON p.partner_id = w.partner_id
JOIN partners_finding f ON f.product_id = p.id
JOIN partners_vulnerability v ON v.id = f.vulnerability_id
WHERE w.disabled_at IS NULL AND w.kinds ? %(kind)s AND {}
  AND NOT EXISTS (SELECT FROM partners_webhookmessage m
                  WHERE m.webhook_id = w.id AND m.key = %(kind)s || ':' || f.id::text)
ORDER BY f.due_at, f.id LIMIT %(most)s
"""


@transaction.atomic
def look(*, by: Actor, at: datetime) -> int:
    """Write messages on findings that opened, fall due soon, or fell overdue; return how many.

    What was written meanwhile, here or by :func:`tell`, is put into the queue: in the name of
    the service that sends, and not of whoever happened to cause it.

    Raises:
        NotAllowed: ``by`` may not.
    """
    require(by, Act.WEBHOOK_SEND, Webhook(), at=at)
    written = 0
    for kind, condition in _FINDINGS.items():
        with connection.cursor() as cursor:
            cursor.execute(
                _TO_TELL.format(condition), {"kind": kind, "at": at, "most": OF_FINDINGS}
            )
            found = cursor.fetchall()
        hooks = Webhook.objects.in_bulk({row[0] for row in found})
        for hook, finding, name, product, band, due_at in found:
            data = {
                "finding": str(finding),
                "vulnerability": name,
                "product": product,
                "severity": band,
                "due_at": due_at.isoformat() if due_at else None,
            }
            written += write(hooks[hook], kind, key=f"{kind}:{finding}", data=data, at=at)
    fresh = WebhookMessage.objects.filter(attempts=0, delivered_at=None, ended_at=None)
    for message in fresh.filter(webhook__disabled_at=None).order_by("created_at", "pk")[:MESSAGES]:
        _enqueue(message, 0, at=at, due_at=at)
    return written


@transaction.atomic
def send(message: WebhookMessage, *, by: Actor, at: datetime) -> bool:
    """Try once; return whether it was taken. Otherwise a later try is put into the queue.

    Raises:
        NotAllowed: ``by`` may not.
    """
    hook = message.webhook
    require(by, Act.WEBHOOK_SEND, hook, at=at)
    if message.delivered_at or message.ended_at or hook.disabled_at:
        return False
    body = message.body.encode()
    live = [hook.secret]
    if hook.previous_until is not None and hook.previous_until > at:
        live.append(hook.previous_secret)
    secrets_ = [box.unseal(one) for one in live]
    signature = domain.sign_all(secrets_, id=str(message.pk), at=at, body=body)
    headers = {
        "content-type": "application/json",
        "user-agent": "Wardroom",
        "webhook-id": str(message.pk),
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }
    answer = caller.post(
        hook.url,
        body,
        headers,
        allowed=settings.WEBHOOK_ALLOWED,
        authority=settings.WEBHOOK_AUTHORITY,
    )
    message.attempts += 1
    message.answer = answer.said
    if answer.is_success:
        message.delivered_at = at
        Webhook.objects.filter(pk=hook.pk).update(delivered_at=at, failing_since=None)
    else:
        _later(message, hook, by=by, at=at)
    message.save(update_fields=["attempts", "answer", "delivered_at", "ended_at"])
    return answer.is_success


def _later(message: WebhookMessage, hook: Webhook, *, by: Actor, at: datetime) -> None:
    since = hook.failing_since or at
    Webhook.objects.filter(pk=hook.pk, failing_since=None).update(failing_since=at)
    chance = secrets.randbelow(1000) / 1000
    again = domain.next_try(message.attempts, at=at, chance=chance)
    if at - since >= DISABLE_AFTER:
        _give_up(hook, since, by=by, at=at)
        again = None
    if again is None:
        message.ended_at = at
    else:
        _enqueue(message, message.attempts, at=at, due_at=again)


def _give_up(hook: Webhook, since: datetime, *, by: Actor, at: datetime) -> None:
    why = f"No message was taken since {since:%Y-%m-%d %H:%M} UTC."
    if not Webhook.objects.filter(pk=hook.pk, disabled_at=None).update(
        disabled_at=at, disabled_why=why
    ):
        return
    audit.record(by=by, act=Act.WEBHOOK_SEND, ref=hook.ref, at=at, disabled=why)
    inform(
        hook.partner,
        "A webhook of yours is disabled",
        f"{hook.url} is told nothing any more. {why} Register it again once it answers.",
        about=hook,
        key=f"webhook_disabled:{hook.pk}",
        at=at,
    )


def _enqueue(message: WebhookMessage, tries: int, *, at: datetime, due_at: datetime) -> None:
    jobs.enqueue(
        JOB,
        key=f"{JOB}:{message.pk}:{tries}",
        payload={"message": str(message.pk)},
        at=at,
        due_at=due_at,
    )
