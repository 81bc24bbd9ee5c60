"""Coverage of the baseline: one row of a view for each asset that counts, and its exemptions."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce

from catalog.domain.coverage import CRITICAL, SEEN_WITHIN_DAYS, Item
from catalog.models.asset import Asset
from governance.models import Governed, GovernedSystem, Site


class Exemption(Governed):
    """An asset that the baseline does not count until a date, by the word of somebody."""

    site_path: ClassVar[str] = "asset__site_id"

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="exemptions")
    reason = models.CharField(max_length=300)
    actor = models.CharField(max_length=120, editable=False, help_text="Who gave it.")
    given_at = models.DateTimeField(editable=False)
    expires_at = models.DateTimeField("counts again from")
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["expires_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(actor=""), name="exemption_has_who_and_why"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("given_at")), name="exemption_ends_after_it_begins"
            ),
            models.UniqueConstraint(
                fields=["asset"],
                condition=Q(ended_at=None),
                name="exemption_is_the_one_of_its_asset",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset} until {self.expires_at:%Y-%m-%d}"


class CoverageQuerySet(models.QuerySet["CoverageRow"]):
    def standing(self, at: datetime) -> "CoverageQuerySet":
        """Add what depends on the instant: what is exempt, not seen for long, complete."""
        old = at - timedelta(days=SEEN_WITHIN_DAYS)
        rows = self.annotate(
            is_exempt=_true(Q(exempt_until__gt=at)),
            lacks_seen=_true(Q(seen_at=None) | Q(seen_at__lt=old)),
        )
        lacking = Q(*((column(item), True) for item in Item), _connector=Q.OR)
        return rows.annotate(is_complete=_true(~lacking))

    def counted(self, at: datetime) -> "CoverageQuerySet":
        """What the figure is about: without exempt assets."""
        return self.standing(at).filter(Q(("is_exempt", False)))

    def gaps(self, at: datetime, item: str = "") -> "CoverageQuerySet":
        """What lacks ``item``, anything where it is empty."""
        rows = self.counted(at).filter(Q(("is_complete", False)))
        return rows.filter(**{column(Item(item)): True}) if item else rows

    def critical(self) -> "CoverageQuerySet":
        return self.filter(criticality__gte=CRITICAL)


class CoverageRow(models.Model):
    """One live asset that the baseline counts, and what it lacks whatever the hour.

    The view ``catalog_coverage`` is the one definition of baseline coverage in SQL; measure,
    pages, interface and command count its rows. ``catalog.domain.coverage`` says the same in
    plain Python, and a test holds both together.
    """

    asset = models.OneToOneField(
        Asset, on_delete=models.DO_NOTHING, primary_key=True, related_name="coverage"
    )
    kind = models.CharField(max_length=20)
    system = models.ForeignKey(GovernedSystem, on_delete=models.DO_NOTHING, related_name="+")
    site = models.ForeignKey(Site, on_delete=models.DO_NOTHING, null=True, related_name="+")
    criticality = models.PositiveSmallIntegerField(null=True)
    lacks_business_owner = models.BooleanField()
    lacks_technical_owner = models.BooleanField()
    lacks_separate_owners = models.BooleanField()
    lacks_classification = models.BooleanField()
    lacks_site = models.BooleanField()
    lacks_zone = models.BooleanField()
    lacks_retention = models.BooleanField()
    seen_at = models.DateTimeField(null=True)
    exempt_until = models.DateTimeField(null=True)

    objects = CoverageQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "catalog_coverage"

    def __str__(self) -> str:
        return f"coverage of {self.asset_id}"


def column(item: Item) -> str:
    """Return the name of the column that says whether ``item`` is missing."""
    return f"lacks_{item.value}"


def _true(condition: Q) -> Coalesce:
    whole = Case(When(condition, then=Value(True)), default=Value(False))
    return Coalesce(whole, Value(False), output_field=models.BooleanField())
