"""Components: one row for each version of each package, whoever ships it."""

from django.db import models
from django.db.models import Q

from partners.models.advisory import Vulnerability


class ComponentVersion(models.Model):
    """A component version, the same wherever it appears; it holds no fact of any partner.

    ``digest`` is the SHA-256 of the identity: the identity itself can be longer than an
    index entry. ``ecosystem`` and ``package`` are set where advisories can be looked up;
    else ``unmatchable`` says why not.
    """

    digest = models.CharField(max_length=64, unique=True)
    type = models.TextField(blank=True)
    namespace = models.TextField(blank=True)
    name = models.TextField()
    version = models.TextField(blank=True)
    qualifiers = models.TextField(blank=True)
    ecosystem = models.CharField(max_length=40, blank=True)
    package = models.TextField(blank=True)
    unmatchable = models.CharField(max_length=24, blank=True)
    matched_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["ecosystem", "package"],
                condition=Q(unmatchable=""),
                name="component_by_package",
            ),
            models.Index(fields=["name"], name="component_by_name"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=(Q(unmatchable="") & ~Q(ecosystem="") & ~Q(package=""))
                | (~Q(unmatchable="") & Q(matched_at=None)),
                name="component_is_matchable_or_says_why_not",
            ),
        ]

    def __str__(self) -> str:
        full = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{full} {self.version}".rstrip()


class Exposure(models.Model):
    """A component version is affected by a vulnerability, whoever ships it.

    ``evidence`` lists which advisories say so and how; ``known_at`` is the instant at
    which the first of them could tell us.
    """

    component = models.ForeignKey(
        ComponentVersion, on_delete=models.CASCADE, related_name="exposures"
    )
    vulnerability = models.ForeignKey(
        Vulnerability, on_delete=models.CASCADE, related_name="exposures"
    )
    evidence = models.JSONField(default=list)
    fixed_versions = models.JSONField(default=list)
    is_unbounded = models.BooleanField(default=False)
    known_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["component", "vulnerability"], name="exposure_is_listed_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.vulnerability} in {self.component}"
