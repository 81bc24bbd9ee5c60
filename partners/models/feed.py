"""Runs of feed imports: what was read, when, and how old it is."""

from django.db import models
from django.db.models import F, Q

from governance.models import Governed


class FeedRun(Governed):
    """One import of one file. A refused file leaves no row, since it changed nothing.

    ``data_date`` is the newest change that the records themselves speak of.
    """

    source = models.CharField(max_length=20)
    file = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    records = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    outdated = models.PositiveIntegerField(
        "older than what we have", help_text="Records of an earlier state; left as they are."
    )
    defects = models.PositiveIntegerField()
    defect_list = models.JSONField(default=list, blank=True)
    data_date = models.DateTimeField("newest record")
    at = models.DateTimeField("imported")

    class Meta:
        ordering = ["-at", "-id"]
        get_latest_by = "at"
        constraints = [
            models.CheckConstraint(
                condition=Q(records__gt=0, changed__lte=F("records"))
                & Q(outdated__lte=F("records") - F("changed")),
                name="feed_run_counts_fit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.file}"
