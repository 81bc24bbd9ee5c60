"""Governed systems: where data really lives, and how Wardroom looks into it."""

from django.db import models
from django.db.models import Q

from governance.models.governed import Governed
from governance.models.site import Site


class SystemKind(models.TextChoices):
    POSTGRESQL = "postgresql", "PostgreSQL"
    MYSQL = "mysql", "MySQL"
    ANSI = "ansi", "SQL"
    OPENLINEAGE = "openlineage", "OpenLineage"


class GovernedSystem(Governed):
    """A system whose real grants are compared with the approved ones.

    ``secret`` is the connection string, encrypted; pages show ``address`` instead.
    """

    site_path = "site_id"

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(
        max_length=16, choices=SystemKind.choices, default=SystemKind.POSTGRESQL
    )
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="systems")
    address = models.CharField(
        max_length=300, blank=True, help_text="Host and database, without any secret."
    )
    secret = models.TextField(editable=False)
    is_scheduled = models.BooleanField("compared daily", default=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=SystemKind.values), name="system_kind_is_known"
            )
        ]

    def __str__(self) -> str:
        return self.name
