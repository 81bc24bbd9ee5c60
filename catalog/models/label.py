"""Assertions about what an asset holds: by a rule or by a person, proposed or decided."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from catalog.domain.labels import Level
from catalog.models.asset import Asset
from governance.models import Governed

CLASSIFIER = "service:classifier"
"""Who accepts what rules agree on. A person may still say otherwise; a rule may take it back."""


class Polarity(models.TextChoices):
    IS = "is", "Is"
    IS_NOT = "is_not", "Is not"


class Source(models.TextChoices):
    NAME = "name", "Name"
    VALUE = "value", "Sampled values"
    COMBINATION = "group", "Combination of columns"
    CONTRACT = "odcs", "Contract"
    IMPORT = "import", "Imported"
    HUMAN = "human", "Person"


class Status(models.TextChoices):
    PROPOSED = "proposed", "To review"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"
    SUPERSEDED = "superseded", "No longer proposed"


class LabelAssertion(Governed):
    """One source says that an asset is, or is not, of a category and a level.

    An empty category says that the data are of no special kind. ``evidence`` holds words
    of names and names of rules, never a value of the data. A source has one opinion about
    an asset and a category: a newer one takes its place while nobody has decided, and
    what a person decided is never overwritten by a rule. While a proposal of a rule waits,
    ``reason`` says what the rules make of it together, where that is more than one source.
    """

    site_path: ClassVar[str] = "asset__site_id"

    asset = models.ForeignKey(
        Asset, on_delete=models.CASCADE, db_index=False, related_name="labels"
    )
    polarity = models.CharField(max_length=6, choices=Polarity.choices, default=Polarity.IS)
    level = models.PositiveSmallIntegerField(choices=[(lv.value, lv.slug) for lv in Level])
    category = models.CharField(max_length=80, blank=True)
    source = models.CharField(max_length=6, choices=Source.choices)
    rule = models.CharField(max_length=120, blank=True)
    confidence = models.FloatField(default=1.0)
    evidence = models.JSONField(default=list)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PROPOSED)
    proposed_at = models.DateTimeField()
    proposed_by = models.CharField(
        max_length=120, blank=True, db_default="", help_text="Who proposes; empty for a rule."
    )
    actor = models.CharField(max_length=120, blank=True, help_text="Who decided.")
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="A label that says less than the evidence ends."
    )

    class Meta:
        ordering = ["-level", "-confidence", "id"]
        indexes = [
            models.Index(fields=["asset"], condition=Q(status="proposed"), name="label_to_review")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(polarity__in=Polarity.values), name="label_is_or_is_not"
            ),
            models.CheckConstraint(
                condition=Q(level__range=(Level.PUBLIC, Level.RESTRICTED)),
                name="label_level_is_known",
            ),
            models.CheckConstraint(
                condition=Q(source__in=Source.values), name="label_source_is_known"
            ),
            models.CheckConstraint(
                condition=Q(confidence__range=(0, 1)), name="label_confidence_is_a_share"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["proposed", "superseded"], decided_at=None, actor="")
                | (Q(status__in=["accepted", "rejected"], decided_at__isnull=False) & ~Q(actor="")),
                name="label_decision_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(source="human") | ~Q(reason=""), name="label_by_a_person_has_a_reason"
            ),
            models.UniqueConstraint(
                "asset",
                "category",
                "source",
                "polarity",
                name="label_is_stated_once_by_a_source",
            ),
            models.CheckConstraint(
                condition=Q(polarity="is") | Q(source="human", expires_at__isnull=False),
                name="label_that_lowers_is_by_a_person_and_ends",
            ),
            models.CheckConstraint(
                condition=~Q(polarity="is_not")
                | (~Q(proposed_by="") & (~Q(status="accepted") | ~Q(proposed_by=F("actor")))),
                name="label_is_lowered_by_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_polarity_display().lower()} {self.category or 'internal'}: {self.asset}"
