"""VEX documents as received, and what became of them."""

import uuid

from django.db import models
from django.db.models import Q

from governance.models import Governed
from partners.models.partner import Product


class Taking(models.TextChoices):
    """What became of a document: ``rejected`` is its own fault and final."""

    PENDING = "pending", "Being read"
    TAKEN = "taken", "Taken"
    REJECTED = "rejected", "Refused"


class AnswerDocument(Governed):
    """A VEX document for one product. The same bytes again lead back to the same row."""

    site_path = "product__site_id"
    party_path = "product__partner__party"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="vex_documents")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField("bytes", default=0, db_default=0)
    file = models.CharField(max_length=200, blank=True, db_default="")
    stored_as = models.CharField(max_length=40, blank=True, db_default="")
    format = models.CharField(max_length=20, blank=True)
    author = models.CharField(max_length=200, blank=True)
    version = models.CharField(max_length=60, blank=True)
    stated_claim = models.DateTimeField("dated, as the author says", null=True)
    received_at = models.DateTimeField()
    received_by = models.CharField(max_length=120)
    outcome = models.CharField(
        max_length=8, choices=Taking.choices, default=Taking.PENDING, db_default=Taking.TAKEN
    )
    finished_at = models.DateTimeField(null=True)
    problems = models.JSONField(default=list, db_default=[])
    problems_count = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        ordering = ["-received_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "sha256"], name="answer_document_is_taken_once_per_product"
            ),
            models.CheckConstraint(
                condition=Q(outcome="pending", finished_at=None)
                | Q(outcome__in=["taken", "rejected"], finished_at__isnull=False),
                name="answer_document_finishes_with_an_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.format or self.file} for {self.product}"
