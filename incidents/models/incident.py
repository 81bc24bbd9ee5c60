"""Incidents: what happened or was practiced, where, and who leads."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from governance.models import Governed, Site
from incidents.domain.incidents import Ending, Kind, Phase, Reference, Severity

ENDINGS = [one.value for one in Ending]


class ReferenceCounter(models.Model):
    """The last number given out in a year; a removed incident leaves a gap."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class Incident(Governed):
    """One incident or drill.

    ``phase`` is derived from the milestones and kept here for lists; ``token`` is the
    client's and makes a repeated declaration harmless.
    """

    site_path = "site_id"

    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    token = models.UUIDField(unique=True, editable=False)
    title = models.CharField(max_length=160)
    severity = models.CharField(max_length=4, choices=[(one.value, one.value) for one in Severity])
    kind = models.CharField(
        max_length=5, choices=[(one.value, one.value) for one in Kind], default=Kind.LIVE.value
    )
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="incidents")
    summary = models.TextField(blank=True)
    phase = models.CharField(
        max_length=10,
        choices=[(one.value, one.value) for one in Phase],
        default=Phase.REPORTED.value,
    )
    ending = models.CharField(max_length=9, blank=True)
    declared_by = models.CharField(max_length=120)
    declared_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    commander = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="commanded_incidents",
    )
    commander_since = models.DateTimeField(null=True, blank=True)
    lock_version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-year", "-number"]
        indexes = [models.Index(fields=["phase", "-declared_at"], name="incident_by_phase")]
        constraints = [
            models.UniqueConstraint(
                fields=["year", "number"], name="incident_reference_is_given_once"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="incident_number_is_from_one"),
            models.CheckConstraint(condition=~Q(title=""), name="incident_has_a_title"),
            models.CheckConstraint(
                condition=Q(severity__in=[one.value for one in Severity]),
                name="incident_severity_is_known",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[one.value for one in Kind]), name="incident_is_live_or_drill"
            ),
            models.CheckConstraint(
                condition=Q(phase__in=[one.value for one in Phase]), name="incident_phase_is_known"
            ),
            models.CheckConstraint(
                condition=Q(ending="") & ~Q(phase__in=ENDINGS)
                | Q(ending__in=ENDINGS, phase=models.F("ending")),
                name="incident_ending_gives_the_phase",
            ),
            models.CheckConstraint(
                condition=Q(phase="closed", closed_at__isnull=False)
                | (~Q(phase="closed") & Q(closed_at=None)),
                name="incident_closed_has_when",
            ),
            models.CheckConstraint(
                condition=Q(commander=None, commander_since=None)
                | Q(commander__isnull=False, commander_since__isnull=False),
                name="incident_commander_has_since_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    @property
    def reference(self) -> str:
        """Return what people call it, ``INC-2026-0042``."""
        return str(Reference(self.year, self.number))


class LinkRole(models.TextChoices):
    AFFECTED = "affected", "Affected"
    SUSPECTED = "suspected", "Suspected"
    CLEAN = "clean", "Clean"
    INVOLVED = "involved", "Involved"
    SOURCE = "source", "Raised it"


class IncidentLink(models.Model):
    """A thing of another app that an incident is about, by reference only."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="links")
    target = models.CharField(max_length=160)
    label = models.CharField(max_length=160)
    role = models.CharField(max_length=9, choices=LinkRole.choices)
    added_by = models.CharField(max_length=120)
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["target"], name="incident_link_by_target")]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "target"], name="incident_link_names_a_thing_once"
            ),
            models.CheckConstraint(
                condition=Q(role__in=LinkRole.values), name="incident_link_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.role})"
