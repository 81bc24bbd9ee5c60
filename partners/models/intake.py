"""Intakes: what was handed over, and what became of it."""

import uuid

from django.db import models
from django.db.models import Q

from governance.models import Governed
from partners.models.partner import Product
from partners.models.sbom import Sbom


class Outcome(models.TextChoices):
    """``rejected`` is the document's fault and final; a failure of ours is the job's."""

    PENDING = "pending", "Being read"
    ACCEPTED = "accepted", "Accepted"
    ACCEPTED_PARTIAL = "accepted_partial", "Accepted in part"
    REJECTED = "rejected", "Rejected"


class Intake(Governed):
    """One file for one product. The same bytes again lead back to the same row."""

    site_path = "product__site_id"
    party_path = "product__partner__party"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="intakes")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField("bytes")
    file = models.CharField(max_length=200)
    stored_as = models.CharField(max_length=40, blank=True)
    received_at = models.DateTimeField()
    received_by = models.CharField(max_length=120)
    outcome = models.CharField(max_length=16, choices=Outcome.choices, default=Outcome.PENDING)
    finished_at = models.DateTimeField(null=True)
    sbom = models.OneToOneField(Sbom, on_delete=models.PROTECT, null=True, related_name="intake")
    problems = models.JSONField(default=list)
    problems_count = models.PositiveIntegerField(default=0)
    opened = models.PositiveIntegerField("findings opened", default=0)
    closed = models.PositiveIntegerField("findings closed", default=0)
    unchanged = models.PositiveIntegerField("findings unchanged", default=0, db_default=0)
    diff = models.JSONField("components changed", null=True)

    class Meta:
        ordering = ["-received_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "sha256"], name="intake_is_kept_once_per_product_and_bytes"
            ),
            models.CheckConstraint(
                condition=Q(outcome="pending", finished_at=None)
                | (~Q(outcome="pending") & Q(finished_at__isnull=False)),
                name="intake_finishes_with_an_outcome",
            ),
            models.CheckConstraint(
                condition=Q(sbom__isnull=False, outcome__in=["accepted", "accepted_partial"])
                | Q(sbom=None, outcome__in=["pending", "rejected"]),
                name="intake_outcome_is_known_and_accepted_means_an_sbom",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file} for {self.product}"
