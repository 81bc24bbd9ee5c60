"""Notices: what somebody should know, in the product and by mail."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Notice(models.Model):
    """One notice to one person; ``key`` makes sending it again harmless."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notices"
    )
    key = models.CharField(max_length=200)
    subject = models.CharField(max_length=160)
    text = models.TextField()
    ref = models.CharField(max_length=160, blank=True)
    created_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], condition=Q(read_at=None), name="notice_unread")
        ]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notice_is_sent_once")]

    def __str__(self) -> str:
        return self.subject
