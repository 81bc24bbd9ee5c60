"""Flows of data between assets, or to a party outside: declared, observed, or both."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from catalog.models.asset import Asset
from governance.models import Governed


class FlowQuerySet(models.QuerySet["Flow"]):
    def live(self) -> "FlowQuerySet":
        """What is declared or seen and not ended."""
        return self.filter(gone_at=None)


class Flow(Governed):
    """Data pass from ``src`` to another asset or to a party, which is only an opaque reference.

    ``declared_at`` with ``declared_by`` and ``purpose`` is what somebody stated;
    ``observed_at`` is the last time that a sensor saw it. ``port`` is that of the destination.
    """

    site_path: ClassVar[str] = "src__site_id"

    src = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="flows_out")
    dst = models.ForeignKey(
        Asset, on_delete=models.PROTECT, null=True, blank=True, related_name="flows_in"
    )
    party_ref = models.CharField(
        max_length=120, blank=True, help_text="Who receives it outside, as in partners.partner:7."
    )
    protocol = models.CharField(max_length=40)
    port = models.PositiveIntegerField(null=True, blank=True)
    purpose = models.CharField(max_length=300, blank=True)
    declared_by = models.CharField(max_length=120, blank=True)
    declared_at = models.DateTimeField(null=True, blank=True)
    token = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    first_seen_at = models.DateTimeField(null=True, blank=True)
    observed_at = models.DateTimeField(null=True, blank=True)
    gone_at = models.DateTimeField(null=True, blank=True)

    objects = FlowQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(dst__isnull=False) & Q(party_ref=""))
                | (Q(dst=None) & ~Q(party_ref="")),
                name="flow_ends_at_an_asset_or_a_party",
            ),
            models.CheckConstraint(condition=~Q(src=F("dst")), name="flow_leaves_its_source"),
            models.CheckConstraint(
                condition=Q(port=None) | Q(port__range=(1, 65535)), name="flow_port_is_known"
            ),
            models.CheckConstraint(
                condition=Q(declared_at=None, declared_by="", purpose="")
                | (Q(declared_at__isnull=False) & ~Q(declared_by="") & ~Q(purpose="")),
                name="flow_declaration_has_who_when_and_why",
            ),
            models.CheckConstraint(
                condition=Q(declared_at__isnull=False) | Q(observed_at__isnull=False),
                name="flow_is_declared_or_observed",
            ),
            models.CheckConstraint(
                condition=Q(first_seen_at=None, observed_at=None)
                | Q(first_seen_at__isnull=False, observed_at__gte=F("first_seen_at")),
                name="flow_is_seen_from_first_to_last",
            ),
            models.UniqueConstraint(
                fields=["src", "dst", "party_ref", "protocol", "port"],
                condition=Q(gone_at=None),
                nulls_distinct=False,
                name="flow_is_listed_once",
            ),
        ]

    def __str__(self) -> str:
        port = f" {self.port}" if self.port else ""
        return f"{self.src} -> {self.dst or self.party_ref}: {self.protocol}{port}"
