"""Webhooks as the page *Automation* shows them: how each stands, and what it was told."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import Http404

from governance import access
from governance.domain.actor import Actor
from partners.models import Webhook, WebhookMessage
from partners.permissions import Act
from partners.web import words
from partners.web.words import Moment, State

SHOWN, MESSAGES = 20, 10


def visible(by: Actor, *, at: datetime) -> QuerySet[Webhook]:
    """Return the webhooks that ``by`` may read."""
    return access.visible(Webhook.objects.all(), to=by, act=Act.WEBHOOK_READ, at=at)


def one(by: Actor, pk: UUID, *, at: datetime) -> Webhook:
    """Return the webhook of this key.

    Raises:
        Http404: there is none, or none for ``by``.
    """
    row = visible(by, at=at).filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def listed(by: Actor, *, at: datetime) -> list[dict[str, Any]]:
    """Return the newest webhooks with their last messages."""
    return [
        {
            "row": row,
            "state": _state(row),
            "kinds": ", ".join(row.kinds),
            "both_until": _both_until(row, at=at),
            "messages": [
                _message(message, at=at)
                for message in WebhookMessage.objects.filter(webhook=row).order_by(
                    "-created_at", "pk"
                )[:MESSAGES]
            ],
        }
        for row in visible(by, at=at).order_by("-created_at")[:SHOWN]
    ]


def _both_until(row: Webhook, *, at: datetime) -> Moment | None:
    until = row.previous_until
    return _moment(until, at=at) if until is not None and until > at else None


def _state(row: Webhook) -> State:
    if row.disabled_at is not None:
        return State("Disabled", "stop", "bad")
    if row.failing_since is not None:
        return State("Not answering", "warn", "warn")
    if row.delivered_at is None:
        return State("Nothing sent yet", "open", "none")
    return State("Told", "ok", "ok")


def _message(row: WebhookMessage, *, at: datetime) -> dict[str, Any]:
    if row.delivered_at is not None:
        state = State("Taken", "ok", "ok")
    elif row.ended_at is not None:
        state = State("Given up", "stop", "bad")
    elif row.attempts:
        state = State("Tried again later", "warn", "warn")
    else:
        state = State("Goes out within a minute", "wait", "none")
    return {
        "kind": row.kind,
        "id": row.pk,
        "state": state,
        "answer": row.answer,
        "tries": row.attempts,
        "written": _moment(row.created_at, at=at),
    }


def _moment(instant: datetime, *, at: datetime) -> Moment:
    return words.moment(instant, zone=ZoneInfo("UTC"), at=at)
