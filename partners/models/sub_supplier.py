"""Whom partners themselves depend on."""

from django.db import models
from django.db.models import F, Q

from governance.models import Governed
from partners.models.partner import Partner


class SubSupplier(Governed):
    """Whom a partner itself depends on for what we get; ``party`` where we know them too."""

    party_path = "partner__party"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="sub_suppliers")
    name = models.CharField(max_length=120)
    supplies = models.CharField("what for", max_length=300)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166, two letters.")
    known_as = models.ForeignKey(
        Partner, on_delete=models.PROTECT, null=True, blank=True, related_name="supplied_partners"
    )
    stated_at = models.DateTimeField()
    stated_by = models.CharField(max_length=120)

    class Meta:
        ordering = ["partner", "name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(supplies=""), name="sub_supplier_has_name_and_purpose"
            ),
            models.CheckConstraint(
                condition=Q(known_as=None) | ~Q(known_as=F("partner")),
                name="sub_supplier_is_another",
            ),
            models.UniqueConstraint(fields=["partner", "name"], name="sub_supplier_is_listed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} for {self.partner}"
