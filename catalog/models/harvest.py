"""Harvest runs: what each look into a system found and changed."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from governance.models import Governed, GovernedSystem


class HarvestRun(Governed):
    """One harvest. A failed one changed nothing but this row; a partial one removed nothing."""

    site_path: ClassVar[str] = "system__site_id"

    system = models.ForeignKey(GovernedSystem, on_delete=models.PROTECT, related_name="harvests")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    gone = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    proposed = models.PositiveIntegerField(default=0, help_text="Labels proposed or revised.")
    is_complete = models.BooleanField(help_text="All of the declared scope was read.")
    rules = models.CharField(max_length=40, blank=True, help_text="Rules that proposed labels.")
    sample_values = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Some values were looked at; otherwise names and types alone.",
    )
    changes = models.JSONField(
        default=dict, blank=True, help_text="The first names of each sort of change."
    )
    seen = models.CharField(
        max_length=160,
        blank=True,
        db_default="",
        help_text="Digests of what the source stated and of what was kept of it.",
    )
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]
        get_latest_by = "started_at"
        indexes = [models.Index(fields=["system", "-id"], name="harvest_by_system")]
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at__gte=F("started_at")),
                name="harvest_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(error="")
                | Q(is_complete=False, new=0, changed=0, gone=0, unchanged=0, proposed=0),
                name="harvest_that_failed_changed_nothing",
            ),
            models.CheckConstraint(
                condition=Q(is_complete=True) | Q(gone=0),
                name="harvest_in_part_removes_nothing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system} at {self.started_at:%Y-%m-%d %H:%M} UTC"
