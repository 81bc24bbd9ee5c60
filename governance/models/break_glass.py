"""Break-glass: access that is sealed until an emergency, and each time that it was opened."""

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q, Value

from governance.models.governed import Governed
from governance.models.grant import Grant
from governance.models.people import User
from governance.models.system import GovernedSystem

LONGEST = timedelta(minutes=60)
REVIEW_WITHIN = timedelta(hours=24)
OVERRIDE_LASTS = timedelta(hours=4)
"""So long an overdue review bars no further opening, once somebody has answered for that."""


class SealedAccess(Governed):
    """An entitlement that nobody holds, ready to be taken in an emergency without asking.

    ``principal`` is the sealed login in the system. Where ``resource`` and ``act`` name a
    record of ours, whoever opens the seal may do that too.
    """

    site_path = "system__site_id"

    name = models.CharField(max_length=120, unique=True)
    system = models.ForeignKey(GovernedSystem, on_delete=models.PROTECT, related_name="sealed")
    principal = models.CharField(max_length=120, help_text="Sealed login in the system.")
    entitlement = models.CharField(max_length=60)
    scope = models.CharField(max_length=300)
    resource = models.CharField(max_length=160, blank=True, default="")
    act = models.CharField(max_length=160, blank=True, default="")
    sealed_at = models.DateTimeField(editable=False)
    sealed_by = models.CharField(max_length=120, editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "sealed access"
        constraints = [
            models.CheckConstraint(
                condition=Q(resource="", act="") | (~Q(resource="") & ~Q(act="")),
                name="sealed_access_names_record_and_act",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ReviewOutcome(models.TextChoices):
    JUSTIFIED = "justified", "Justified"
    MISUSED = "misused", "Not justified"


class ActivationQuerySet(models.QuerySet["Activation"]):
    def overdue(self, at: datetime) -> "ActivationQuerySet":
        """Return those whose review should have been there before ``at``."""
        return self.filter(reviewed_at=None, review_due_at__lt=at)

    def barring(self, at: datetime) -> "ActivationQuerySet":
        """Return the overdue ones that bar another opening: nobody has answered for it lately."""
        return self.overdue(at).filter(
            Q(overridden_at=None) | Q(overridden_at__lte=at - OVERRIDE_LASTS)
        )


class Activation(Governed):
    """One opening of a seal, and its review afterwards: due from the first instant on."""

    site_path = "sealed__system__site_id"

    case = models.UUIDField(default=uuid.uuid4, editable=False, db_index=True)
    sealed = models.ForeignKey(SealedAccess, on_delete=models.PROTECT, related_name="activations")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="activations")
    grant = models.OneToOneField(Grant, on_delete=models.PROTECT, related_name="activation")
    reason = models.CharField(max_length=300)
    activated_at = models.DateTimeField()
    review_due_at = models.DateTimeField()
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    outcome = models.CharField(max_length=10, choices=ReviewOutcome.choices, blank=True)
    review_text = models.CharField(max_length=300, blank=True)

    overridden_at = models.DateTimeField(null=True, blank=True, editable=False)
    overridden_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True, editable=False
    )
    override_reason = models.CharField(
        max_length=300, blank=True, default="", db_default="", editable=False
    )

    objects = ActivationQuerySet.as_manager()

    class Meta:
        ordering = ["-activated_at", "-id"]
        verbose_name = "opened seal"
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="activation_has_a_reason"),
            models.CheckConstraint(
                condition=Q(review_due_at=F("activated_at") + Value(REVIEW_WITHIN)),
                name="activation_is_reviewed_within_a_day",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_at=None, reviewed_by=None, outcome="", review_text="")
                | (
                    Q(reviewed_at__isnull=False, reviewed_by__isnull=False)
                    & Q(outcome__in=ReviewOutcome.values)
                    & ~Q(review_text="")
                ),
                name="activation_review_has_who_when_and_what",
            ),
            models.CheckConstraint(
                condition=~Q(reviewed_by=F("user")), name="activation_is_reviewed_by_another"
            ),
            models.CheckConstraint(
                condition=Q(overridden_at=None, overridden_by=None, override_reason="")
                | (
                    Q(overridden_at__isnull=False, overridden_by__isnull=False)
                    & ~Q(override_reason="")
                ),
                name="activation_override_has_who_when_and_why",
            ),
            models.CheckConstraint(
                condition=~Q(overridden_by=F("user")), name="activation_is_overridden_by_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sealed} by {self.user}, {self.activated_at:%Y-%m-%d %H:%M} UTC"
