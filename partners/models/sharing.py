"""Sharing rules: what may go to a partner, what for, and until when."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from governance.models import Governed
from partners.models.partner import Partner


class SharingRuleQuerySet(models.QuerySet["SharingRule"]):
    """Sharing rules and those in force."""

    def in_force(self, at: datetime) -> "SharingRuleQuerySet":
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=at), valid_from__lte=at)


class SharingRule(Governed):
    """One agreed kind of sharing. At ``valid_to`` it has ended."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="sharing_rules")
    what = models.CharField("what is shared", max_length=200)
    purpose = models.CharField(max_length=300)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)
    agreed_by = models.CharField(max_length=120)

    objects = SharingRuleQuerySet.as_manager()

    class Meta:
        ordering = ["partner", "valid_from", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(what="") & ~Q(purpose=""), name="sharing_rule_says_what_and_why"
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                name="sharing_rule_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what} to {self.partner}"

    def in_force_at(self, at: datetime) -> bool:
        """Say whether it holds at ``at``."""
        return self.valid_from <= at and (self.valid_to is None or self.valid_to > at)
