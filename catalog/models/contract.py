"""Data contracts as they were imported, and the assets that they speak of."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from catalog.models.asset import Asset
from governance.models import Governed, Site


class ContractState(models.TextChoices):
    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    RETIRED = "retired", "Retired"


class Contract(Governed):
    """One version of a contract of the Open Data Contract Standard.

    ``body`` is what was imported, byte for byte; ``content`` the same, decoded. ``sha256`` is
    that of the content, in which the order of members does not count. A draft may be imported
    anew; what is or was active never changes. ``faults`` and ``warnings`` hold code, pointer and
    words of ours, never the document's own text.
    """

    site_path: ClassVar[str] = "site_id"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="contracts")
    contract_id = models.CharField("id in the contract", max_length=300)
    version = models.CharField(max_length=100)
    major = models.CharField(max_length=100, help_text="The version up to its first dot.")
    name = models.CharField(max_length=300, blank=True)
    api_version = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=100, blank=True, help_text="As the contract says.")
    state = models.CharField(
        max_length=8, choices=ContractState.choices, default=ContractState.DRAFT
    )
    is_valid = models.BooleanField(help_text="The standard's schema finds nothing wrong.")
    sha256 = models.CharField(max_length=64)
    content = models.JSONField()
    body = models.BinaryField()
    faults = models.JSONField(default=list, blank=True)
    fault_count = models.PositiveIntegerField(default=0)
    warnings = models.JSONField(default=list, blank=True)
    warning_count = models.PositiveIntegerField(default=0)
    imported_by = models.CharField(max_length=120)
    imported_at = models.DateTimeField()
    activated_by = models.CharField(max_length=120, blank=True)
    activated_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["contract_id", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="draft", activated_at=None, activated_by="", retired_at=None)
                | (
                    Q(state="active", activated_at__isnull=False, retired_at=None)
                    & ~Q(activated_by="")
                )
                | Q(state="retired", retired_at__isnull=False),
                name="contract_state_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="active") | Q(is_valid=True),
                name="contract_in_force_is_valid",
            ),
            models.CheckConstraint(
                condition=Q(is_valid=True, fault_count=0) | Q(is_valid=False, fault_count__gt=0),
                name="contract_is_valid_without_faults",
            ),
            models.UniqueConstraint(
                fields=["contract_id", "version"], name="contract_version_is_listed_once"
            ),
            models.UniqueConstraint(
                fields=["contract_id", "major"],
                condition=Q(state="active"),
                name="contract_has_one_version_of_a_major_in_force",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract_id} {self.version}"

    def policy_attributes(self) -> dict[str, object]:
        """Return what conditions of the policy may read of a contract."""
        return {"state": self.state}

    @classmethod
    def policy_columns(cls) -> dict[str, tuple[Any, type]]:
        """Return the same as SQL."""
        return {"state": (F("state"), str)}


class ContractBinding(models.Model):
    """One object or property of a contract, with its asset if exactly one fits.

    Read through its contract, so it has no policy of its own.
    """

    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="bindings")
    pointer = models.CharField(max_length=500)
    name = models.CharField(max_length=300)
    asset = models.ForeignKey(
        Asset, on_delete=models.PROTECT, null=True, blank=True, related_name="contract_bindings"
    )
    candidates = ArrayField(
        models.BigIntegerField(), default=list, help_text="Assets that fit alike."
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "pointer"], name="contract_binds_a_place_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.pointer} of {self.contract}"
