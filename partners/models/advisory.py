"""Advisories as imported, and the vulnerabilities that they speak of."""

from django.db import models
from django.db.models import Q

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

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "vulnerabilities"
        constraints = [
            models.CheckConstraint(
                condition=Q(band__in=[band.value for band in Band]),
                name="vulnerability_band_is_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name


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
