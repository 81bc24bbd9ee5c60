"""Suppliers' answers: each claim that they make, and whether it counts."""

import uuid

from django.db import models
from django.db.models import Q

from governance.models import Governed
from partners.domain.answers import Justification, Status
from partners.models.advisory import Vulnerability
from partners.models.answer_document import AnswerDocument
from partners.models.component import ComponentVersion
from partners.models.partner import Product
from partners.models.vex_statement import VexStatement


class Decision(models.TextChoices):
    """Whether a claim counts."""

    PENDING = "pending", "To be reviewed"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"


class Answer(Governed):
    """A claim about one vulnerability in one component version, or in the whole product.

    ``name`` is the vulnerability as the author calls it; its set is unknown until an advisory
    speaks of it. Without ``component`` it is about the product as a whole.
    """

    site_path = "product__site_id"
    party_path = "product__partner__party"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="answers")
    document = models.ForeignKey(
        AnswerDocument, on_delete=models.PROTECT, null=True, related_name="answers"
    )
    statement = models.ForeignKey(
        VexStatement, on_delete=models.PROTECT, null=True, related_name="answers"
    )
    name = models.CharField(max_length=120)
    vulnerability = models.ForeignKey(
        Vulnerability, on_delete=models.PROTECT, null=True, related_name="answers"
    )
    component = models.ForeignKey(
        ComponentVersion, on_delete=models.PROTECT, null=True, related_name="answers"
    )
    subject = models.CharField("as the author calls it", max_length=500, blank=True)
    status = models.CharField(max_length=20, choices=[(one.value, one.label) for one in Status])
    justification = models.CharField(
        max_length=60, blank=True, choices=[(one.value, one.label) for one in Justification]
    )
    token = models.CharField("in the document's own words", max_length=200, blank=True)
    detail = models.CharField(max_length=2000, blank=True)
    action = models.CharField("mitigation", max_length=2000, blank=True)
    author = models.CharField(max_length=200)
    stated_at = models.DateTimeField("dated, as the author says")
    received_at = models.DateTimeField()
    decision = models.CharField(max_length=8, choices=Decision.choices, default=Decision.PENDING)
    decided_by = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-received_at", "id"]
        indexes = [
            models.Index(
                fields=["product", "vulnerability"],
                condition=Q(decision="accepted"),
                name="answer_in_force",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=[one.value for one in Status]), name="answer_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(decision__in=Decision.values), name="answer_decision_is_known"
            ),
            models.CheckConstraint(
                condition=Q(decision="pending", decided_by="", decided_at=None)
                | (~Q(decision="pending") & ~Q(decided_by="") & Q(decided_at__isnull=False)),
                name="answer_decision_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(status="not_affected") | ~Q(justification="") | ~Q(detail=""),
                name="answer_of_not_affected_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.status}"
