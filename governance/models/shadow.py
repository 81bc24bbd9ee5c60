"""A candidate policy asked beside the one in force: what it would have said otherwise."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from governance.models.policy import PolicyVersion


class PolicyShadow(models.Model):
    """One trial of a version; at most one goes on at a time. It never answers anybody.

    ``evaluated`` decisions were asked again, ``disagreed`` came out otherwise, ``dropped``
    found the queue full.
    """

    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="shadows")
    percent = models.PositiveSmallIntegerField(
        default=100, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=120)
    ended_at = models.DateTimeField(null=True, blank=True)
    evaluated = models.PositiveBigIntegerField(default=0)
    disagreed = models.PositiveBigIntegerField(default=0)
    dropped = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["ended_at"],
                condition=Q(ended_at=None),
                nulls_distinct=False,
                name="policy_shadow_is_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(percent__gte=1, percent__lte=100), name="policy_shadow_share_is_percent"
            ),
        ]

    def __str__(self) -> str:
        return f"shadow of {self.version}"


class ShadowDisagreement(models.Model):
    """The same question answered otherwise, counted; ``resource`` is one example."""

    shadow = models.ForeignKey(PolicyShadow, on_delete=models.CASCADE, related_name="disagreements")
    subject = models.CharField(max_length=120)
    act = models.CharField(max_length=80)
    domain = models.CharField(max_length=160)
    resource = models.CharField(max_length=160)
    would_allow = models.BooleanField()
    live_rule = models.CharField(max_length=80, blank=True)
    candidate_rule = models.CharField(max_length=80, blank=True)
    candidate_reason = models.CharField(max_length=40)
    times = models.PositiveBigIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        ordering = ["-times", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["shadow", "subject", "act", "domain", "would_allow"],
                name="policy_disagreement_is_counted_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.act}: {'would permit' if self.would_allow else 'would deny'}"
