"""Reviews of access: a campaign of one site in one quarter, and the accesses it asks about."""

from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Cast, Concat

from governance.domain import access_review, grants
from governance.domain.access_review import Evidence
from governance.domain.ranks import LEVELS
from governance.models.governed import Governed
from governance.models.people import User
from governance.models.site import Site
from governance.models.system import GovernedSystem


class ReviewState(models.TextChoices):
    OPEN = "open", "Open"
    CLOSED = "closed", "Closed and sealed"


class ItemOrigin(models.TextChoices):
    GRANT = "grant", "Approved grant"
    OBSERVED = "observed", "Seen in the system, approved by nobody"
    BOTH = "both", "Approved in part"


class Verdict(models.TextChoices):
    NONE = "", "Waits"
    KEEP = "keep", "Keep"
    REVOKE = "revoke", "Revoke"
    SHORTEN = "shorten", "Shorten"


class Lapse(models.TextChoices):
    NONE = "", "No"
    SUSPENDED = "suspended", "Suspended"
    ESCALATED = "escalated", "Escalated"


class AccessReview(Governed):
    """A campaign: everything that was effective at ``scope_at`` in the systems of one site.

    What is asked about is frozen by that instant, the snapshots then known, and the last grant
    given by then. Once closed, ``seal`` is the SHA-256 of the result, which the log holds too.
    """

    site_path = "site_id"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="access_reviews")
    quarter = models.CharField(max_length=7)
    scope_at = models.DateTimeField()
    snapshots = models.JSONField(default=list, help_text="System, snapshot, instant and digest.")
    highest_grant = models.BigIntegerField(default=0)
    opens_at = models.DateTimeField()
    due_at = models.DateTimeField()
    told = models.PositiveSmallIntegerField(default=0, help_text="Reminders that went out.")
    state = models.CharField(max_length=6, choices=ReviewState.choices, default=ReviewState.OPEN)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=120, blank=True)
    counts = models.JSONField(default=dict, blank=True)
    seal = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-quarter", "site", "-id"]
        get_latest_by = "opens_at"
        constraints = [
            models.UniqueConstraint(
                fields=["site", "quarter"], name="review_is_held_once_a_quarter"
            ),
            models.CheckConstraint(
                condition=Q(quarter__regex=r"^[0-9]{4}-Q[1-4]$"), name="review_quarter_is_known"
            ),
            models.CheckConstraint(
                condition=Q(due_at__gt=F("opens_at"), scope_at__lte=F("opens_at")),
                name="review_is_due_after_it_opens",
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_at=None, closed_by="", seal="")
                | Q(state="closed", closed_at__isnull=False, seal__regex=r"^[0-9a-f]{64}$")
                & ~Q(closed_by=""),
                name="review_closed_has_who_when_and_seal",
            ),
        ]

    def __str__(self) -> str:
        return f"Access review {self.quarter} of {self.site}"


class AccessReviewItemQuerySet(models.QuerySet["AccessReviewItem"]):
    def waiting(self) -> "AccessReviewItemQuerySet":
        """Return those that nobody has decided about."""
        return self.filter(verdict="")

    def counted(self, *, at: datetime) -> "AccessReviewItemQuerySet":
        """Return those whose deadline has passed at ``at``, open ones included."""
        return self.filter(review__due_at__lt=at)

    def in_time(self) -> "AccessReviewItemQuerySet":
        """Return those that were decided by their deadline; the instant itself is in time."""
        return self.exclude(verdict="").filter(decided_at__lte=F("review__due_at"))

    def unverified(self) -> "AccessReviewItemQuerySet":
        """Return revoked ones that no later look into the system has shown to be gone."""
        return self.filter(verdict="revoke", verified_at=None)


class AccessReviewItem(Governed):
    """One effective access: who may do what in which group of assets of a system.

    All but reviewer, display, decision, lapse and verification is evidence, as it was when the
    campaign opened.
    """

    site_path = "review__site_id"

    review = models.ForeignKey(AccessReview, on_delete=models.PROTECT, related_name="items")
    system = models.ForeignKey(
        GovernedSystem, on_delete=models.PROTECT, related_name="review_items"
    )
    principal = models.CharField(max_length=120)
    holder = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="reviewed_access"
    )
    asset_group = models.CharField(max_length=300, help_text="Schema, or a scope of its own.")
    action = models.CharField(max_length=60)
    origin = models.CharField(max_length=8, choices=ItemOrigin.choices)
    grants = ArrayField(models.BigIntegerField(), default=list, blank=True)
    scopes = ArrayField(models.CharField(max_length=300), default=list)
    unapproved = models.PositiveIntegerField(default=0, help_text="Scopes that nobody approved.")
    given_by = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    level = models.CharField("class", max_length=16, blank=True)
    via = models.CharField("path", max_length=300, blank=True)
    is_privileged = models.BooleanField(default=False)
    since = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    last_used = models.DateTimeField(null=True, blank=True)
    usage_known = models.BooleanField(default=False)
    peers = models.PositiveIntegerField(default=0, help_text="Other principals of the system.")
    peers_holding = models.PositiveIntegerField(default=0)
    findings = models.PositiveIntegerField(default=0, help_text="Drift found on it, ever.")
    open_findings = models.PositiveIntegerField(default=0)
    reviewer = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="review_items"
    )
    first_shown_at = models.DateTimeField(null=True, blank=True)
    verdict = models.CharField(max_length=8, choices=Verdict.choices, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=120, blank=True)
    decided_in_seconds = models.FloatField(null=True, blank=True)
    is_bulk = models.BooleanField(default=False)
    reason = models.CharField(max_length=300, blank=True)
    new_end = models.DateTimeField(null=True, blank=True)
    lapse = models.CharField(max_length=9, choices=Lapse.choices, blank=True)
    lapsed_at = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)

    objects = AccessReviewItemQuerySet.as_manager()

    class Meta:
        ordering = ["review", "system", "asset_group", "action", "principal"]
        verbose_name = "reviewed access"
        verbose_name_plural = "reviewed access"
        indexes = [
            models.Index(
                fields=["review", "id"], condition=Q(verdict=""), name="review_item_waiting"
            ),
            models.Index(
                fields=["review"],
                condition=Q(verdict="revoke", verified_at=None),
                name="review_item_unverified",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "system", "principal", "asset_group", "action"],
                name="review_item_is_listed_once",
            ),
            models.CheckConstraint(
                condition=Q(origin="grant", unapproved=0)
                | Q(origin__in=["observed", "both"], unapproved__gt=0),
                name="review_item_origin_fits",
            ),
            models.CheckConstraint(
                condition=Q(level__in=["", *LEVELS]), name="review_item_level_is_known"
            ),
            models.CheckConstraint(
                condition=Q(holder=None) | ~Q(reviewer=F("holder")),
                name="review_item_reviewer_is_not_its_holder",
            ),
            models.CheckConstraint(
                condition=Q(holder=None)
                | ~Q(
                    decided_by=Concat(
                        Value("user:"),
                        Cast("holder", models.TextField()),
                        output_field=models.TextField(),
                    )
                ),
                name="review_item_is_decided_by_another",
            ),
            models.CheckConstraint(
                condition=Q(verdict="", decided_at=None, decided_by="", decided_in_seconds=None)
                | Q(verdict__in=["keep", "revoke", "shorten"], decided_at__isnull=False)
                & Q(decided_in_seconds__gte=0)
                & ~Q(decided_by=""),
                name="review_item_decision_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(verdict__in=["", "keep"]) | ~Q(reason=""),
                name="review_item_change_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(verdict="shorten", new_end__isnull=False)
                | ~Q(verdict="shorten") & Q(new_end=None),
                name="review_item_shortened_has_its_end",
            ),
            models.CheckConstraint(
                condition=Q(lapse="", lapsed_at=None)
                | Q(lapse__in=["suspended", "escalated"], lapsed_at__isnull=False),
                name="review_item_lapse_has_its_instant",
            ),
            models.CheckConstraint(
                condition=Q(verified_at=None) | Q(verdict="revoke"),
                name="review_item_only_a_revocation_is_verified",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} on {self.asset_group} for {self.principal}"

    @property
    def is_sensitive(self) -> bool:
        """Return whether what nobody answers is suspended at the deadline."""
        return self.level in grants.SENSITIVE

    @property
    def peers_share(self) -> float | None:
        """Return the share of the system's other principals who hold the same, in percent."""
        return access_review.share(self.peers_holding, self.peers)

    def doubts(self, *, at: datetime) -> tuple[str, ...]:
        """Return, in words, why keeping it needs a reason."""
        seen = Evidence(
            not self.unapproved, self.open_findings, self.last_used, self.usage_known, self.since
        )
        return access_review.doubts(seen, at=at)

    def policy_attributes(self) -> dict[str, object]:
        """Return what conditions of the policy may read of a reviewed access."""
        return {"level": self.level, "action": self.action}

    @classmethod
    def policy_columns(cls) -> dict[str, tuple[Any, type]]:
        """Return the same as SQL."""
        return {name: (F(name), str) for name in ("level", "action")}
