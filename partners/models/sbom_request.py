"""Requests for an SBOM, and the link by which one comes in without an account."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from governance.models import Governed
from partners.models.intake import Intake
from partners.models.partner import Product


def _delivered() -> Exists:
    """Return whether an SBOM of the product was accepted since it was asked for."""
    return Exists(
        Intake.objects.filter(
            product=OuterRef("product"),
            received_at__gte=OuterRef("asked_at"),
            outcome__in=["accepted", "accepted_partial"],
        )
    )


class SbomRequestQuerySet(models.QuerySet["SbomRequest"]):
    """Requests, and those that nothing has answered."""

    def with_delivery(self) -> "SbomRequestQuerySet":
        """Say of each whether an SBOM of its product was accepted since it was asked for."""
        return self.annotate(is_delivered=_delivered())

    def open(self) -> "SbomRequestQuerySet":
        """Return those neither delivered, declined nor withdrawn."""
        return self.filter(~_delivered(), declined_at=None, withdrawn_at=None)


class SbomRequest(Governed):
    """Somebody asks for the SBOM of a product by a date.

    Whatever of this product is accepted from then on fulfills it: a partner need not name the
    request. Of an upload link only ``link_digest`` is kept; it is spent by ``link_intake``
    unless that was refused.
    """

    site_path = "product__site_id"
    party_path = "product__partner__party"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="sbom_requests")
    reason = models.CharField(max_length=300)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=120)
    due_at = models.DateTimeField()
    declined_at = models.DateTimeField(null=True, blank=True)
    declined_why = models.CharField(max_length=300, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    link_digest = models.CharField(max_length=64, blank=True, editable=False)
    link_until = models.DateTimeField(null=True, blank=True)
    link_by = models.CharField(max_length=120, blank=True)
    link_intake = models.ForeignKey(
        Intake, on_delete=models.PROTECT, null=True, blank=True, related_name="sbom_requests"
    )

    objects = SbomRequestQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(due_at__gt=F("asked_at")), name="sbom_request_is_due_after_it_is_made"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="sbom_request_says_why"),
            models.CheckConstraint(
                condition=Q(declined_at=None, declined_why="")
                | (Q(declined_at__isnull=False) & ~Q(declined_why="")),
                name="sbom_request_declined_says_why",
            ),
            models.CheckConstraint(
                condition=Q(declined_at=None) | Q(withdrawn_at=None),
                name="sbom_request_ends_one_way",
            ),
            models.CheckConstraint(
                condition=Q(link_digest="", link_until=None, link_by="")
                | (~Q(link_digest="") & Q(link_until__isnull=False) & ~Q(link_by="")),
                name="sbom_request_link_has_who_and_end",
            ),
            models.UniqueConstraint(
                fields=["link_digest"],
                condition=~Q(link_digest=""),
                name="sbom_request_link_is_unique",
            ),
        ]

    def __str__(self) -> str:
        return f"SBOM of {self.product}"

    def link_lives_at(self, at: datetime) -> bool:
        """Say whether the link still tells anything: not ended, and not called off."""
        is_asked = self.declined_at is None and self.withdrawn_at is None
        return is_asked and self.link_until is not None and at < self.link_until

    def link_counts_at(self, at: datetime) -> bool:
        """Say whether the link takes a file: alive, and not spent."""
        is_free = self.link_intake is None or self.link_intake.outcome == "rejected"
        return is_free and self.link_lives_at(at)
