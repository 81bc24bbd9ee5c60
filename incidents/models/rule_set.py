"""Versions of the rules of breaches and notices; the document is kept byte for byte."""

from django.db import models
from django.db.models import F, Q

from governance.models import Governed


class RuleSet(Governed):
    """One version. In force is the approved one with the highest number, else the shipped one."""

    number = models.PositiveIntegerField(unique=True)
    document = models.BinaryField()
    sha256 = models.CharField(max_length=64, unique=True)
    version = models.CharField(max_length=40)
    change = models.TextField()
    written_by = models.CharField(max_length=120)
    written_at = models.DateTimeField()
    approved_by = models.CharField(max_length=120, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by="", approved_at=None)
                | (Q(approved_at__isnull=False) & ~Q(approved_by="")),
                name="rule_set_approval_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(approved_by=F("written_by")),
                name="rule_set_is_approved_by_a_second_person",
            ),
            models.CheckConstraint(condition=~Q(change=""), name="rule_set_says_what_changes"),
        ]

    def __str__(self) -> str:
        return f"rules {self.version}"
