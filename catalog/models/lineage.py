"""What producers of OpenLineage events have said: the latest statement of each facet."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q


class LineageFacet(models.Model):
    """One cell of a last-writer-wins register per job, dataset and facet.

    Cells are joined by instant, then digest of the event, so that neither order nor repetition
    of events counts (``catalog.openlineage.register``). Edges and assets follow from the cells;
    those are what people read, so a cell has no policy of its own.
    """

    key = models.CharField(max_length=64, unique=True, help_text="SHA-256 of what it is about.")
    job = models.CharField(max_length=64, db_index=True, help_text="SHA-256 of the job's name.")
    dataset = models.CharField(max_length=64, db_index=True)
    job_namespace = models.TextField(blank=True)
    job_name = models.TextField(blank=True)
    role = models.CharField(max_length=8)
    dataset_namespace = models.TextField(blank=True)
    dataset_name = models.TextField(blank=True)
    facet = models.TextField()
    instant = models.CharField(max_length=29, help_text="UTC, to the nanosecond.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the event.")
    content = models.JSONField(null=True, help_text="Empty: an earlier statement is void.")
    reads = ArrayField(
        models.CharField(max_length=64), default=list, help_text="Datasets that the content names."
    )

    class Meta:
        indexes = [GinIndex(fields=["reads"], name="lineage_by_what_it_reads")]
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=["input", "output", "dataset", "job"]),
                name="lineage_role_is_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.facet} of {self.dataset_name or self.job_name}"


class LineageReport(models.Model):
    """A report of events that was sent with a key, and what was answered."""

    token = models.UUIDField(unique=True)
    sha256 = models.CharField(max_length=64)
    actor = models.CharField(max_length=120)
    received_at = models.DateTimeField()
    answer = models.JSONField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.actor} at {self.received_at:%Y-%m-%d %H:%M} UTC"
