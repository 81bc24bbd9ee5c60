"""Governed systems: where data really lives, and how Wardroom looks into it."""

from django.db import models
from django.db.models import Q

from governance.models.governed import Governed
from governance.models.people import User
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
    connector = models.CharField(
        max_length=24,
        blank=True,
        default="",
        db_default="",
        help_text="What reads its grants: that of its kind if empty, file for uploads only.",
    )
    owner = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="owned_systems"
    )
    is_scheduled = models.BooleanField("compared by schedule", default=True)
    every_hours = models.PositiveSmallIntegerField(
        "compared every (hours)", default=12, db_default=12
    )
    fresh_hours = models.PositiveSmallIntegerField(
        default=24, db_default=24, help_text="A snapshot older than this leaves it ungoverned."
    )
    rechecked_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Until when passing time was looked at."
    )
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
