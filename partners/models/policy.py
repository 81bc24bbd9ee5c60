"""The patching terms in force, version by version."""

from django.db import models
from django.db.models import Q

from governance.models import Governed
from partners.domain.patching import AnchorRule, Policy


class PatchPolicy(Governed):
    """One version of the terms. Rows are added, never changed: findings name theirs.

    Before the first row the built-in terms hold as version 1.
    """

    version = models.PositiveSmallIntegerField(unique=True)
    critical_days = models.PositiveSmallIntegerField("days for critical", default=14)
    other_days = models.PositiveSmallIntegerField("days for all others", default=30)
    uses_kev = models.BooleanField("CISA's KEV dates count", default=True)
    uses_bod_26_04 = models.BooleanField("CISA BOD 26-04 counts", default=False)
    anchor = models.CharField(
        "the clock starts when",
        max_length=9,
        default=AnchorRule.LATER,
        choices=[
            (AnchorRule.LATER.value, "published or first seen here, the later"),
            (AnchorRule.DETECTED.value, "first seen here"),
            (AnchorRule.PUBLISHED.value, "published"),
        ],
    )
    reason = models.CharField(max_length=300)
    decided_by = models.CharField(max_length=120)
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ["-version"]
        get_latest_by = "version"
        verbose_name_plural = "patch policies"
        constraints = [
            models.CheckConstraint(
                condition=Q(critical_days__gte=1, critical_days__lte=365)
                & Q(other_days__gte=1, other_days__lte=365)
                & Q(version__gte=2),
                name="patch_policy_terms_are_days_of_a_year",
            ),
            models.CheckConstraint(
                condition=Q(anchor__in=[one.value for one in AnchorRule]),
                name="patch_policy_anchor_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"Version {self.version}: {self.critical_days} and {self.other_days} days"

    def as_rule(self) -> Policy:
        """Return it as the arithmetic reads it."""
        return Policy(
            version=self.version,
            critical_days=self.critical_days,
            other_days=self.other_days,
            uses_kev=self.uses_kev,
            uses_bod_26_04=self.uses_bod_26_04,
            anchor=AnchorRule(self.anchor),
        )
