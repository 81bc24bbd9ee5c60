"""Edges between assets: what refers to what."""

from django.db import models
from django.db.models import F, Q

from catalog.models.asset import Asset


class EdgeKind(models.TextChoices):
    FOREIGN_KEY = "foreign_key", "Foreign key"


class Edge(models.Model):
    """A column refers to another; read through its assets, so it has no policy of its own."""

    src = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="outgoing")
    dst = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="incoming")
    kind = models.CharField(max_length=12, choices=EdgeKind.choices)
    name = models.CharField(max_length=120, blank=True, help_text="As the source calls it.")
    first_seen_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=EdgeKind.values), name="edge_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(gone_at=None) | Q(gone_at__gte=F("first_seen_at")),
                name="edge_is_gone_after_it_was_seen",
            ),
            models.UniqueConstraint(fields=["src", "dst", "kind"], name="edge_is_listed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.src} -> {self.dst}"
