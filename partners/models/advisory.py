"""Advisories as imported, and the vulnerabilities that they speak of."""

from django.db import models
from django.db.models import Q

from partners.domain.exploitation import Exploitation, Kev, Ssvc
from partners.domain.severity import Band


class Vulnerability(models.Model):
    """What people mean by "the CVE": all records that are aliases of one another.

    ``name`` is the smallest CVE of the set, else its smallest id. A set that was merged
    into another, or whose records are all withdrawn, stays as a row without effect.
    """

    name = models.CharField(max_length=120, unique=True)
    summary = models.TextField(blank=True)
    band = models.CharField(max_length=8, choices=[(band.value, band.value) for band in Band])
    score = models.FloatField(null=True)
    rating_source = models.CharField(max_length=300, blank=True)
    published_at = models.DateTimeField(null=True)
    is_live = models.BooleanField(default=True)
    exploited_on = models.DateField("in CISA's catalog since", null=True)
    exploited_due_on = models.DateField("CISA's own date", null=True)
    epss = models.FloatField("EPSS", null=True)
    exploitation = models.CharField(max_length=8, blank=True, db_default="")
    is_automatable = models.BooleanField(null=True)
    is_total = models.BooleanField(null=True)
    assessed_on = models.DateField(null=True)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "vulnerabilities"
        constraints = [
            models.CheckConstraint(
                condition=Q(band__in=[band.value for band in Band]),
                name="vulnerability_band_is_known",
            ),
            models.CheckConstraint(
                condition=Q(exploitation__in=["", *(one.value for one in Exploitation)]),
                name="vulnerability_exploitation_is_known",
            ),
            models.CheckConstraint(
                condition=Q(exploited_due_on=None) | Q(exploited_on__isnull=False),
                name="vulnerability_is_exploited_before_it_is_due",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def kev(self) -> Kev | None:
        """Return its entry in the KEV catalog."""
        return Kev(self.exploited_on, self.exploited_due_on) if self.exploited_on else None

    @property
    def ssvc(self) -> Ssvc:
        """Return CISA's assessment; empty where there is none."""
        return Ssvc(
            Exploitation(self.exploitation) if self.exploitation else None,
            self.is_automatable,
            self.is_total,
            self.assessed_on,
        )


class VulnerabilityName(models.Model):
    """Every id and alias leads to exactly one vulnerability."""

    name = models.CharField(max_length=120, unique=True)
    vulnerability = models.ForeignKey(Vulnerability, on_delete=models.CASCADE, related_name="names")

    def __str__(self) -> str:
        return self.name


class Advisory(models.Model):
    """One record of a feed, as far as we use it. ``imported_at`` dates its present content."""

    source = models.CharField(max_length=20)
    name = models.CharField("id in its source", max_length=120)
    digest = models.CharField(max_length=64)
    modified_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    imported_at = models.DateTimeField()
    summary = models.TextField(blank=True)
    aliases = models.JSONField(default=list)
    vectors = models.JSONField(default=list)
    severity_word = models.CharField(max_length=40, blank=True)
    vulnerability = models.ForeignKey(
        Vulnerability, on_delete=models.PROTECT, null=True, related_name="advisories"
    )

    class Meta:
        verbose_name_plural = "advisories"
        constraints = [
            models.UniqueConstraint(
                fields=["source", "name"], name="advisory_is_kept_once_per_source"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AffectedPackage(models.Model):
    """A package an advisory speaks of, its name folded as components are looked up."""

    advisory = models.ForeignKey(Advisory, on_delete=models.CASCADE, related_name="affected")
    ecosystem = models.CharField(max_length=40)
    package = models.TextField()
    versions = models.JSONField(default=list)
    ranges = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["ecosystem", "package"], name="affected_by_package")]

    def __str__(self) -> str:
        return f"{self.ecosystem}/{self.package}"
