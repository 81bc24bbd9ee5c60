"""Drift: what a system really grants, beside what was approved."""

from django.db import models
from django.db.models import F, Q

from governance.domain.drift import Kind
from governance.models.governed import Governed
from governance.models.system import GovernedSystem


class SnapshotState(models.TextChoices):
    COMPARED = "compared", "Compared"
    FAULTY = "faulty", "Connector fault, not compared"


class Snapshot(Governed):
    """One look into a system. A faulty one changes no finding."""

    site_path = "system__site_id"

    system = models.ForeignKey(GovernedSystem, on_delete=models.PROTECT, related_name="snapshots")
    taken_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=SnapshotState.choices)
    grants = models.PositiveIntegerField()
    source_hash = models.CharField(max_length=64)
    fault = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-taken_at", "-id"]
        get_latest_by = "taken_at"
        constraints = [
            models.CheckConstraint(
                condition=Q(state="compared", fault="") | (Q(state="faulty") & ~Q(fault="")),
                name="snapshot_fault_is_named",
            )
        ]

    def __str__(self) -> str:
        return f"{self.system} at {self.taken_at:%Y-%m-%d %H:%M} UTC"


class ObservedGrant(models.Model):
    """A grant as it stands in the system."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="observed")
    principal = models.CharField(max_length=120)
    entitlement = models.CharField(max_length=60)
    scope = models.CharField(max_length=300)
    via = models.CharField(max_length=300)
    is_privileged = models.BooleanField(default=False)
    is_implied = models.BooleanField(default=False, help_text="Follows from another grant.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["snapshot", "principal", "entitlement", "scope"],
                name="observed_grant_is_listed_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.principal} {self.entitlement} {self.scope}"


class DriftState(models.TextChoices):
    OPEN = "open", "Open"
    CLOSED = "closed", "Verified closed"


class DriftFinding(Governed):
    """A difference between what was approved and what is so; one row as long as it lasts."""

    site_path = "system__site_id"

    system = models.ForeignKey(GovernedSystem, on_delete=models.PROTECT, related_name="drift")
    kind = models.CharField(
        max_length=16, choices=[(kind.value, kind.value.replace("_", " ")) for kind in Kind]
    )
    principal = models.CharField(max_length=120, blank=True)
    entitlement = models.CharField(max_length=60, blank=True)
    scope = models.CharField(max_length=300, blank=True)
    via = models.CharField(max_length=300, blank=True)
    is_privileged = models.BooleanField(default=False)
    severity = models.CharField(max_length=6)
    state = models.CharField(max_length=6, choices=DriftState.choices, default=DriftState.OPEN)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["system", "state"], name="drift_by_system")]
        ordering = ["state", "first_seen_at", "id"]
        verbose_name = "drift finding"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in Kind]), name="drift_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(severity__in=["high", "medium", "low"]), name="drift_severity_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_at=None)
                | Q(state="closed", closed_at__isnull=False),
                name="drift_closed_has_an_instant",
            ),
            models.CheckConstraint(
                condition=Q(last_seen_at__gte=F("first_seen_at")),
                name="drift_is_last_seen_after_first",
            ),
            models.UniqueConstraint(
                fields=["system", "kind", "principal", "entitlement", "scope"],
                condition=Q(state="open"),
                name="drift_is_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.principal} {self.entitlement} {self.scope}"
