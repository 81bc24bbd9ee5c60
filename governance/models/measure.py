"""What measures said over time: the trend behind a figure."""

from django.db import models
from django.db.models import F, Q

from governance.models.governed import Governed
from governance.models.site import Site


class MeasureSample(Governed):
    """One reading, kept once a day for each measure and site."""

    site_path = "site_id"

    measure = models.SlugField(max_length=64)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, null=True)
    day = models.DateField()
    at = models.DateTimeField()
    value = models.FloatField(null=True)
    numerator = models.BigIntegerField(null=True)
    denominator = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["measure", "day"]
        constraints = [
            models.UniqueConstraint(
                fields=["measure", "site", "day"],
                nulls_distinct=False,
                name="sample_is_taken_once_a_day",
            ),
            models.CheckConstraint(
                condition=Q(denominator=None)
                | Q(numerator=None)
                | Q(numerator__lte=F("denominator")),
                name="sample_part_is_within_the_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.day}"
