"""Alerts: like signals counted together, until somebody or a rule says what they are."""

from django.db import models
from django.db.models import F, Q

from governance.models import Governed, Site
from incidents.domain.signals import Environment, Weight
from incidents.models.incident import Incident


class AlertState(models.TextChoices):
    OPEN = "open", "Open"
    RESOLVED = "resolved", "Resolved"


class Alert(Governed):
    """Signals of one rule on one thing; ``dedup_key`` names an open one once.

    ``first_seen_at`` is when the earliest event happened, ``raised_at`` when we first held one.
    An alert whose incident has ended takes no more signals: the next one ``follows`` it.
    ``asset`` is the reference of a catalog asset, empty while nobody knows which one is meant.
    ``alarm`` says why a rule makes it an incident by itself.
    """

    site_path = "site_id"

    dedup_key = models.CharField(max_length=64)
    state = models.CharField(
        max_length=8, choices=AlertState.choices, default=AlertState.OPEN.value
    )
    title = models.CharField(max_length=300)
    rule = models.CharField(max_length=200)
    weight = models.PositiveSmallIntegerField(choices=[(one.value, one.slug) for one in Weight])
    environment = models.CharField(
        max_length=7, choices=[(one.value, one.label) for one in Environment]
    )
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="alerts")
    asset_name = models.CharField(max_length=300, blank=True)
    asset = models.CharField(max_length=160, blank=True)
    count = models.PositiveIntegerField(default=0)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    raised_at = models.DateTimeField()
    alarm = models.CharField(max_length=200, blank=True)
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, null=True, blank=True, related_name="alerts"
    )
    follows = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="followed_by"
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["state", "-weight", "-id"], name="alert_by_weight"),
            models.Index(fields=["asset"], condition=~Q(asset=""), name="alert_by_asset"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["dedup_key"], condition=Q(state="open"), name="alert_is_open_once"
            ),
            models.CheckConstraint(
                condition=Q(state="open", resolved_at=None, resolved_by="")
                | Q(state="resolved", resolved_at__isnull=False) & ~Q(resolved_by=""),
                name="alert_resolved_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(last_seen_at__gte=F("first_seen_at")),
                name="alert_was_last_seen_after_first",
            ),
            models.CheckConstraint(
                condition=Q(weight__in=[one.value for one in Weight]), name="alert_weight_is_known"
            ),
            models.CheckConstraint(
                condition=Q(environment__in=[one.value for one in Environment]),
                name="alert_environment_is_known",
            ),
            models.CheckConstraint(
                condition=Q(follows=None) | ~Q(follows=F("id")), name="alert_follows_another"
            ),
        ]

    def __str__(self) -> str:
        return self.title[:60]
