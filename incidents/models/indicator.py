"""Indicators of compromise seen in an incident."""

from django.db import models
from django.db.models import Q

from governance.models import Governed
from incidents.domain.indicators import IndicatorKind
from incidents.models.incident import Incident


class Indicator(Governed):
    """One indicator, in its plain form."""

    site_path = "incident__site_id"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="indicators")
    kind = models.CharField(max_length=7, choices=[(one.value, one.value) for one in IndicatorKind])
    value = models.CharField(max_length=500)
    note = models.TextField(blank=True)
    added_by = models.CharField(max_length=120)
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["value"], name="indicator_by_value")]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "kind", "value"], name="indicator_is_named_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[one.value for one in IndicatorKind]),
                name="indicator_kind_is_known",
            ),
            models.CheckConstraint(condition=~Q(value=""), name="indicator_has_a_value"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"
