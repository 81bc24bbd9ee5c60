"""Bills of materials as received, and what they list."""

import uuid

from django.db import models
from django.db.models import F, Q

from governance.models import Governed
from partners.domain.sboms import Format
from partners.models.component import ComponentVersion
from partners.models.partner import Product


class Sbom(Governed):
    """A document that was accepted. The current one of a product decides its findings.

    Components are counted as they stood in the bytes: none is lost silently.
    """

    site_path = "product__site_id"
    party_path = "product__partner__party"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="sboms")
    sha256 = models.CharField(max_length=64)
    format = models.CharField(max_length=20, choices=[(one.value, one.value) for one in Format])
    spec_version = models.CharField(max_length=8)
    serial = models.CharField(max_length=80, blank=True)
    version = models.PositiveIntegerField()
    previous = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")
    subject_name = models.TextField("product, as the author says", blank=True, db_default="")
    subject_version = models.TextField(blank=True, db_default="")
    tools = models.JSONField(default=list, db_default=[])
    authors = models.JSONField(default=list, db_default=[])
    dependencies = models.PositiveIntegerField(default=0, db_default=0)
    quality = models.PositiveSmallIntegerField("quality, 0 to 100", null=True)
    quality_parts = models.JSONField(default=dict, db_default={})
    created_claim = models.TextField("created, as the author says", blank=True)
    received_at = models.DateTimeField()
    received = models.PositiveIntegerField("components received")
    stored = models.PositiveIntegerField()
    quarantined = models.PositiveIntegerField()
    merged = models.PositiveIntegerField("repetitions merged")
    is_current = models.BooleanField(default=False)

    class Meta:
        ordering = ["-received_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "sha256"], name="sbom_bytes_are_taken_once_per_product"
            ),
            models.UniqueConstraint(
                fields=["product"],
                condition=Q(is_current=True),
                name="sbom_one_is_current_per_product",
            ),
            models.UniqueConstraint(
                fields=["product", "serial", "version"],
                condition=~Q(serial=""),
                name="sbom_serial_and_version_name_one_document",
            ),
            models.CheckConstraint(
                condition=Q(received=F("stored") + F("quarantined") + F("merged")),
                name="sbom_loses_no_component",
            ),
            models.CheckConstraint(
                condition=Q(quality=None) | Q(quality__range=(0, 100)),
                name="sbom_quality_is_a_percentage",
            ),
            models.CheckConstraint(
                condition=Q(previous=None) | ~Q(previous=F("id")),
                name="sbom_is_compared_with_another",
            ),
            models.CheckConstraint(
                condition=Q(format__in=[one.value for one in Format]),
                name="sbom_format_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product}, {self.received_at:%Y-%m-%d}"


class SbomComponent(models.Model):
    """One entry of a document; without a component version it is set aside, and says why."""

    sbom = models.ForeignKey(Sbom, on_delete=models.CASCADE, related_name="components")
    component = models.ForeignKey(
        ComponentVersion, on_delete=models.PROTECT, null=True, related_name="listings"
    )
    pointer = models.TextField()
    name = models.TextField()
    version = models.TextField(blank=True)
    purl = models.TextField("package URL as written", blank=True)
    kind = models.TextField(blank=True)
    scope = models.TextField(blank=True)
    licenses = models.JSONField(default=list)
    hashes = models.JSONField(default=list, db_default=[])
    supplier = models.TextField(blank=True, db_default="")
    quarantine = models.CharField(max_length=24, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sbom", "component"], name="sbom_component_is_listed_once"
            ),
            models.CheckConstraint(
                condition=Q(quarantine="", component__isnull=False)
                | (~Q(quarantine="") & Q(component=None)),
                name="sbom_component_is_known_or_set_aside",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}".rstrip()
