"""Retention rules: how long data of a kind are kept, and why."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from governance.models import Governed


class RetentionRule(Governed):
    """Days after which data are disposed of; assets state one, what stands in them inherits it."""

    site_path: ClassVar[str] = ""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    days = models.PositiveIntegerField(help_text="Kept so many days after it was last needed.")
    basis = models.CharField(max_length=300, help_text="The law, contract or purpose.")

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(condition=Q(days__gte=1), name="retention_lasts_a_day_or_more"),
            models.CheckConstraint(condition=~Q(basis=""), name="retention_has_a_basis"),
        ]

    def __str__(self) -> str:
        return self.name
