"""Two decisions about an incident that take two persons: closing without a gate, reopening."""

from django.db import models
from django.db.models import F, Q

from governance.models import Governed
from incidents.domain.closing import GateName
from incidents.models.incident import Incident

_DECIDED = Q(approved_by="", approved_at=None) | Q(approved_at__isnull=False) & ~Q(approved_by="")


class GateWaiver(Governed):
    """Somebody asks to close without a gate; it counts once another person agreed."""

    site_path = "incident__site_id"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="waivers")
    gate = models.CharField(max_length=10, choices=[(one.value, one.value) for one in GateName])
    reason = models.TextField()
    asked_by = models.CharField(max_length=120)
    asked_at = models.DateTimeField()
    approved_by = models.CharField(max_length=120, blank=True)
    approved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["incident", "id"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "gate"], name="gate_is_waived_once"),
            models.CheckConstraint(
                condition=Q(gate__in=[one.value for one in GateName]), name="gate_is_known"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="gate_waiver_says_why"),
            models.CheckConstraint(condition=_DECIDED, name="gate_waiver_has_who_and_when"),
            models.CheckConstraint(
                condition=~Q(approved_by=F("asked_by")),
                name="gate_waiver_is_approved_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gate} of {self.incident_id}"


class Reopening(Governed):
    """The commander asks to reopen a closed incident; another person agrees."""

    site_path = "incident__site_id"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="reopenings")
    reason = models.TextField()
    asked_by = models.CharField(max_length=120)
    asked_at = models.DateTimeField()
    approved_by = models.CharField(max_length=120, blank=True)
    approved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["incident", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident"],
                condition=Q(approved_at=None),
                name="reopening_is_asked_once",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="reopening_says_why"),
            models.CheckConstraint(condition=_DECIDED, name="reopening_has_who_and_when"),
            models.CheckConstraint(
                condition=~Q(approved_by=F("asked_by")),
                name="reopening_is_approved_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"reopening of {self.incident_id}"
