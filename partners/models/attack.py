"""What is known of attacks on a CVE, as the publishers say: KEV, EPSS, SSVC."""

from django.db import models
from django.db.models import Q

from partners.domain.exploitation import Exploitation, Kev, Ssvc


class ExploitedCve(models.Model):
    """An entry of CISA's catalog of known exploited vulnerabilities."""

    cve = models.CharField(max_length=40, primary_key=True)
    added_on = models.DateField()
    due_on = models.DateField(null=True)
    is_ransomware = models.BooleanField(default=False)

    class Meta:
        verbose_name = "exploited CVE"

    def __str__(self) -> str:
        return self.cve

    def as_fact(self) -> Kev:
        """Return it as the rules read it."""
        return Kev(self.added_on, self.due_on)


class EpssScore(models.Model):
    """How likely attacks are within 30 days; it orders the queue and moves no date."""

    cve = models.CharField(max_length=40, primary_key=True)
    score = models.FloatField()
    percentile = models.FloatField()

    class Meta:
        verbose_name = "EPSS score"
        constraints = [
            models.CheckConstraint(
                condition=Q(score__gte=0, score__lte=1, percentile__gte=0, percentile__lte=1),
                name="epss_is_a_probability",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cve}: {self.score}"


class SsvcAssessment(models.Model):
    """CISA's decision points and base vectors for one CVE (Vulnrichment)."""

    cve = models.CharField(max_length=40, primary_key=True)
    exploitation = models.CharField(max_length=8, blank=True)
    is_automatable = models.BooleanField(null=True)
    is_total = models.BooleanField(null=True)
    assessed_on = models.DateField(null=True)
    vectors = models.JSONField(default=list)

    class Meta:
        verbose_name = "SSVC assessment"
        constraints = [
            models.CheckConstraint(
                condition=Q(exploitation__in=["", *(one.value for one in Exploitation)]),
                name="ssvc_exploitation_is_known",
            ),
        ]

    def __str__(self) -> str:
        return self.cve

    def as_fact(self) -> Ssvc:
        """Return it as the rules read it."""
        return Ssvc(
            exploitation=Exploitation(self.exploitation) if self.exploitation else None,
            is_automatable=self.is_automatable,
            is_total=self.is_total,
            since=self.assessed_on,
        )
