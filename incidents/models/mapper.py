"""Mappers that people wrote, and names of assets that sensors use."""

from django.db import models
from django.db.models import Q

from governance.models import Governed
from incidents.signals import mapping
from incidents.signals.mapping import Mapper


class SignalMapper(Governed):
    """One version of a mapper; the newest is used. The application adds versions only."""

    slug = models.SlugField(max_length=64)
    number = models.PositiveIntegerField()
    document = models.JSONField()
    written_by = models.CharField(max_length=120)
    written_at = models.DateTimeField()

    class Meta:
        ordering = ["slug", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["slug", "number"], name="signal_mapper_version_is_given_once"
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1), name="signal_mapper_versions_begin_at_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slug}/{self.number}"

    def as_mapper(self) -> Mapper:
        """Return it as events are read by it."""
        return mapping.parse(self.document)


class AssetName(Governed):
    """What sensors call an asset: stated once, so that the next signal finds it."""

    name = models.CharField(max_length=300, unique=True)
    asset = models.CharField(max_length=160)
    stated_by = models.CharField(max_length=120)
    stated_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(asset=""), name="asset_name_names_an_asset"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.asset}"
