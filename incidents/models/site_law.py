"""Which law a site is under, as somebody stated it; what is not stated is taken from above."""

from django.db import models
from django.db.models import Q

from governance.models import Governed, Site


class SiteLaw(Governed):
    """What is stated of one site: true, false, or nothing."""

    site_path = "site_id"

    site = models.OneToOneField(Site, on_delete=models.PROTECT, related_name="law")
    stated_by = models.CharField(max_length=120)
    stated_at = models.DateTimeField()
    country = models.CharField("country, ISO 3166 alpha-2", max_length=2, blank=True)
    gdpr = models.BooleanField("processes data under GDPR", null=True, blank=True)
    nis2 = models.BooleanField("essential or important entity (NIS2)", null=True, blank=True)
    cra = models.BooleanField("places digital products on the EU market", null=True, blank=True)

    class Meta:
        ordering = ["site"]
        constraints = [
            models.CheckConstraint(
                condition=Q(country="") | Q(country__regex=r"^[A-Z]{2}$"),
                name="site_law_country_has_two_letters",
            ),
        ]

    def __str__(self) -> str:
        return f"law at {self.site}"
