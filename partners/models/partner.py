"""Partners and the products that they supply."""

import uuid

from django.db import models
from django.db.models import Q, TextField, Value
from django.db.models.functions import Cast, Concat

from governance.models import Governed, Site


class Tier(models.TextChoices):
    """How much harm a partner could do; decides what they owe."""

    CRITICAL = "critical", "Critical"
    HIGH = "high", "High"
    NORMAL = "normal", "Normal"
    LOW = "low", "Low"


class Partner(Governed):
    """A supplier whose products run at our sites.

    ``party`` repeats ``ref`` as a column, so that lists can be filtered by the opaque
    reference under which a contact's roles count.
    """

    party_path = "party"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    party = models.CharField(max_length=120, unique=True, editable=False)
    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    tier = models.CharField(max_length=8, choices=Tier.choices, default=Tier.NORMAL)
    tier_reason = models.CharField("why this tier", max_length=300)
    contact = models.EmailField("security contact", max_length=254, blank=True)
    contract_critical_days = models.PositiveSmallIntegerField(
        "days for critical, by contract", null=True, blank=True
    )
    contract_other_days = models.PositiveSmallIntegerField(
        "days for all others, by contract", null=True, blank=True
    )
    is_trusted = models.BooleanField(
        "answers count at once",
        default=False,
        db_default=False,
        help_text="Else one of us reviews each answer of not affected.",
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(tier__in=Tier.values), name="partner_tier_is_known"),
            models.CheckConstraint(condition=~Q(tier_reason=""), name="partner_tier_has_a_reason"),
            models.CheckConstraint(
                condition=Q(party=Concat(Value("partners.partner:"), Cast("id", TextField()))),
                name="partner_party_is_its_reference",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Product(Governed):
    """Something a partner supplies, at the site that uses it: its zone sets due dates."""

    site_path = "site_id"
    party_path = "partner__party"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="products")
    slug = models.SlugField(max_length=64)
    name = models.CharField(max_length=120)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="products")
    is_exposed = models.BooleanField("reachable from outside", null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["partner", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "slug"], name="product_slug_is_unique_at_its_partner"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.partner}"
