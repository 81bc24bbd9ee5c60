"""Alarms: what the ground has seen and a higher app must act on."""

from django.db import models
from django.db.models import Q

from governance.models.governed import Governed


class Alarm(Governed):
    """One thing that went wrong, raised once by ``key`` and handed up by a job."""

    kind = models.CharField(max_length=40)
    severity = models.PositiveSmallIntegerField()
    ref = models.CharField(max_length=160)
    key = models.CharField(max_length=200, unique=True)
    detail = models.CharField(max_length=500)
    raised_at = models.DateTimeField()
    handed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(severity__range=(1, 4)), name="alarm_severity_is_one_to_four"
            )
        ]

    def __str__(self) -> str:
        return self.key
