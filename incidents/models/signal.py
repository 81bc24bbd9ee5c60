"""Signals: what sensors sent in, kept as it came, each once."""

from django.db import models
from django.db.models import Q

from governance.models import Site
from incidents.domain.signals import Environment, Weight
from incidents.models.alert import Alert


class Signal(models.Model):
    """One event. The application may add signals and never change or remove one.

    ``source`` is the key that sent it, ``content`` the SHA-256 of its canonical form and
    ``body`` that form. Not watched row by row: each batch enters the log with its digest.
    """

    source = models.CharField(max_length=64)
    event_id = models.CharField(max_length=300)
    content = models.CharField(max_length=64)
    mapper = models.CharField(max_length=80)
    observed_at = models.DateTimeField()
    received_at = models.DateTimeField()
    title = models.CharField(max_length=300)
    rule = models.CharField(max_length=200)
    weight = models.PositiveSmallIntegerField(choices=[(one.value, one.slug) for one in Weight])
    environment = models.CharField(
        max_length=7, choices=[(one.value, one.label) for one in Environment]
    )
    site = models.ForeignKey(Site, on_delete=models.PROTECT, db_index=False, related_name="+")
    asset_name = models.CharField(max_length=300, blank=True)
    entities = models.JSONField(default=dict)
    body = models.TextField()
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="signals")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "event_id"], name="signal_is_kept_once"),
            models.CheckConstraint(
                condition=Q(weight__in=[one.value for one in Weight]), name="signal_weight_is_known"
            ),
            models.CheckConstraint(
                condition=Q(environment__in=[one.value for one in Environment]),
                name="signal_environment_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(title="") & ~Q(event_id="") & ~Q(content=""),
                name="signal_says_something",
            ),
        ]

    def __str__(self) -> str:
        return self.title[:60]
