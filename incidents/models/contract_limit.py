"""By when a contract wants to hear of a breach."""

from django.db import models
from django.db.models import Q

from governance.models import Governed


class ContractLimit(Governed):
    """One clause of a contract with a partner: hours from when we are aware."""

    party_path = "party"

    party = models.CharField(max_length=120)
    partner_name = models.CharField(max_length=120)
    clause = models.CharField(max_length=200)
    hours = models.PositiveIntegerField()
    stated_by = models.CharField(max_length=120)
    stated_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["partner_name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["party", "clause"],
                condition=Q(ended_at=None),
                name="contract_limit_is_stated_once",
            ),
            models.CheckConstraint(condition=Q(hours__gte=1), name="contract_limit_has_hours"),
            models.CheckConstraint(condition=~Q(clause=""), name="contract_limit_names_its_clause"),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by="")
                | (Q(ended_at__isnull=False) & ~Q(ended_by="")),
                name="contract_limit_end_has_who_and_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner_name}: {self.hours} h, {self.clause}"
