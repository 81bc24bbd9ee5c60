"""Baselines of metrics: frozen once, never changed, superseded by later ones only."""

from datetime import UTC

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from governance.models import Governed, Site
from incidents.domain import baselines
from incidents.domain.baselines import Baseline
from incidents.domain.durations import Metric
from incidents.domain.metrics import Bounds


class MetricBaseline(Governed):
    """One frozen window of one metric at a site and below it.

    ``rows`` is the canonical CSV of its observations and ``sha256`` its digest: verdicts rest on
    it, whatever is corrected later. The application may add baselines and change none.
    """

    site_path = "site_id"

    metric = models.CharField(max_length=14, choices=[(one.value, one.label) for one in Metric])
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="metric_baselines")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    floor_seconds = models.FloatField()
    top_seconds = models.FloatField()
    target = models.FloatField()
    weights = models.JSONField()
    judge_on = ArrayField(models.DateField())
    rows = models.TextField()
    sha256 = models.CharField(max_length=64)
    frozen_at = models.DateTimeField()
    frozen_by = models.CharField(max_length=120)

    class Meta:
        ordering = ["-frozen_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(metric__in=[one.value for one in Metric]),
                name="metric_baseline_metric_is_known",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at"), frozen_at__gte=F("ends_at")),
                name="metric_baseline_is_frozen_after_its_window",
            ),
            models.CheckConstraint(
                condition=Q(floor_seconds__gt=0, top_seconds__gt=F("floor_seconds")),
                name="metric_baseline_bounds_have_room",
            ),
            models.CheckConstraint(
                condition=Q(target__gt=0, target__lt=1),
                name="metric_baseline_target_is_a_ratio",
            ),
            models.CheckConstraint(
                condition=~Q(sha256="") & ~Q(rows=""),
                name="metric_baseline_has_rows_and_digest",
            ),
            models.UniqueConstraint(
                fields=["metric", "site", "frozen_at"], name="metric_baseline_is_frozen_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{Metric(self.metric).label}, {self.site}, frozen {self.frozen_at:%Y-%m-%d}"

    def as_baseline(self) -> Baseline:
        """Return it as the rules read it.

        Raises:
            ValueError: its rows are not those that were frozen.
        """
        if baselines.digest(self.rows) != self.sha256:
            raise ValueError(f"the rows of {self.ref} are not those that were frozen")
        return Baseline(
            metric=Metric(self.metric),
            start=self.starts_at.astimezone(UTC),
            end=self.ends_at.astimezone(UTC),
            bounds=Bounds(self.floor_seconds, self.top_seconds),
            target=self.target,
            weights=self.weights,
            judge_on=tuple(self.judge_on),
            observations=baselines.read(self.rows),
            sha256=self.sha256,
            frozen_at=self.frozen_at,
        )
