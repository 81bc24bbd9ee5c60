"""The audit log: the application may insert and read, never change or remove."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from governance.models.governed import Governed


class AuditEvent(Governed):
    """One act or one denial, written in the transaction of the change."""

    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    occurred_at = models.DateTimeField()
    actor = models.CharField(max_length=120)
    act = models.CharField(max_length=80)
    object = models.CharField(max_length=160)
    outcome = models.CharField(max_length=8, default="ok")
    request_id = models.CharField(max_length=64)
    body = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["object", "-id"], name="audit_by_object"),
            models.Index(fields=["actor", "-id"], name="audit_by_actor"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=["ok", "denied"]), name="audit_outcome_is_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.act} {self.object}"
