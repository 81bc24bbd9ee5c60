"""Webhooks of partners, and each message that goes to one."""

import uuid

from django.db import models
from django.db.models import Q

from governance.models import Governed
from partners.models.partner import Partner


class Webhook(Governed):
    """An address of a partner that wants to be told; ``secret`` is sealed, as is the one
    before, which goes on signing for a time.

    It is disabled when five days have passed since ``failing_since`` without one success.
    """

    party_path = "partner__party"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="webhooks")
    url = models.CharField(max_length=500)
    secret = models.TextField(editable=False)
    previous_secret = models.TextField(editable=False, blank=True, default="", db_default="")
    previous_until = models.DateTimeField("secret before signs until", null=True)
    kinds = models.JSONField(default=list)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=120)
    delivered_at = models.DateTimeField("last delivered", null=True)
    failing_since = models.DateTimeField(null=True)
    disabled_at = models.DateTimeField(null=True)
    disabled_why = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(disabled_at=None, disabled_why="")
                | (Q(disabled_at__isnull=False) & ~Q(disabled_why="")),
                name="webhook_disabled_says_why",
            ),
            models.CheckConstraint(
                condition=Q(url__startswith="https://") & ~Q(kinds=[]) & ~Q(secret=""),
                name="webhook_is_https_and_wants_something",
            ),
            models.CheckConstraint(
                condition=Q(previous_secret="", previous_until=None)
                | (~Q(previous_secret="") & Q(previous_until__isnull=False)),
                name="webhook_secret_before_has_an_end",
            ),
        ]

    def __str__(self) -> str:
        return self.url


class WebhookMessage(models.Model):
    """One message; ``id`` is the ``webhook-id`` of every try, ``key`` what it speaks of."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.PROTECT, related_name="messages")
    key = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)
    body = models.TextField()
    created_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    answer = models.CharField("last answer", max_length=200, blank=True)
    delivered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField("given up", null=True)

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["webhook", "key"], name="webhook_message_is_written_once"
            ),
            models.CheckConstraint(
                condition=Q(delivered_at=None) | Q(ended_at=None),
                name="webhook_message_is_delivered_or_given_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.webhook}"
