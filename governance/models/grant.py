"""Access requests and the grants that follow from them."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from governance.models.governed import Governed
from governance.models.people import User
from governance.models.system import GovernedSystem


class RequestState(models.TextChoices):
    OPEN = "open", "Waiting for a decision"
    GRANTED = "granted", "Granted"
    DENIED = "denied", "Denied"
    CANCELED = "canceled", "Canceled"


class AccessRequest(Governed):
    """Somebody asks for access; the clock is wall time and never pauses."""

    site_path = "system__site_id"

    system = models.ForeignKey(GovernedSystem, on_delete=models.PROTECT, related_name="requests")
    requester = models.ForeignKey(User, on_delete=models.PROTECT, related_name="access_requests")
    principal = models.CharField(max_length=120, help_text="Login or role in the system.")
    entitlement = models.CharField(max_length=60)
    scope = models.CharField(max_length=300, help_text="What it is about, as in schema.table.")
    purpose = models.CharField(max_length=300)
    days = models.PositiveSmallIntegerField(default=30)
    submitted_at = models.DateTimeField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.OPEN)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=120, blank=True)
    decision_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["due_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=RequestState.values), name="request_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(days__range=(1, 365)), name="request_lasts_at_most_a_year"
            ),
            models.CheckConstraint(
                condition=Q(due_at__gt=F("submitted_at")), name="request_is_due_after_it_came"
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None, decided_by="")
                | (~Q(state="open") & Q(decided_at__isnull=False) & ~Q(decided_by="")),
                name="request_decision_has_who_and_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entitlement} on {self.scope} for {self.principal}"


class GrantQuerySet(models.QuerySet["Grant"]):
    def in_force(self, at: datetime) -> "GrantQuerySet":
        return self.filter(
            Q(revoked_at=None) | Q(revoked_at__gt=at), valid_from__lte=at, valid_to__gt=at
        )


class Grant(Governed):
    """An approved entitlement in a governed system, always with an end."""

    site_path = "system__site_id"

    system = models.ForeignKey(GovernedSystem, on_delete=models.PROTECT, related_name="grants")
    principal = models.CharField(max_length=120)
    entitlement = models.CharField(max_length=60)
    scope = models.CharField(max_length=300)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField()
    origin = models.CharField(max_length=12, default="request")
    request = models.OneToOneField(AccessRequest, on_delete=models.PROTECT, null=True, blank=True)
    approved_by = models.CharField(max_length=120)
    reason = models.CharField(max_length=300)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.CharField(max_length=120, blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        ordering = ["system", "principal", "scope"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__gt=F("valid_from")), name="grant_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(origin__in=["request", "baseline", "adopted"]),
                name="grant_origin_is_known",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by="")
                | (Q(revoked_at__isnull=False) & ~Q(revoked_by="")),
                name="grant_revocation_has_who_and_when",
            ),
            models.UniqueConstraint(
                fields=["system", "principal", "entitlement", "scope", "valid_from"],
                name="grant_is_given_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entitlement} on {self.scope} for {self.principal}"
