"""What became of each statement of a VEX document."""

from django.db import models
from django.db.models import Q

from partners.models.answer_document import AnswerDocument


class Became(models.TextChoices):
    """How a statement ended when its document was taken."""

    CLAIMED = "claimed", "Became claims"
    UNRESOLVED = "unresolved", "Names no component that we know"
    UNUSABLE = "unusable", "Cannot be used"


class Standing(models.TextChoices):
    """How a statement stands now, reviews included."""

    APPLIED = "applied", "Applied"
    TO_REVIEW = "to_review", "To be reviewed"
    REJECTED = "rejected", "Rejected"
    UNRESOLVED = "unresolved", "Unresolved"
    UNUSABLE = "unusable", "Not usable"


class VexStatement(models.Model):
    """One statement as the document makes it; none is dropped, ``reason`` says what is missing."""

    document = models.ForeignKey(
        AnswerDocument, on_delete=models.PROTECT, related_name="statements"
    )
    place = models.CharField("place in the document", max_length=200)
    name = models.CharField("vulnerability", max_length=120, blank=True)
    subject = models.CharField("component", max_length=500, blank=True)
    status = models.CharField(max_length=20, blank=True)
    became = models.CharField(max_length=10, choices=Became.choices)
    reason = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(became="claimed", reason="")
                | (Q(became__in=["unresolved", "unusable"]) & ~Q(reason="")),
                name="vex_statement_without_claims_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place}: {self.became}"
