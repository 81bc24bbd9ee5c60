"""Drift: what a system really grants, beside what was approved."""

from django.db import models
from django.db.models import F, Q

from governance.domain.drift import Kind
from governance.domain.drift_words import NAMES
from governance.models.access_request import AccessRequest
from governance.models.governed import Governed
from governance.models.people import User
from governance.models.system import GovernedSystem


class SnapshotState(models.TextChoices):
    COMPARED = "compared", "Compared"
    SUSPECT = "suspect", "Too much is gone to be believed"
    FAULTY = "faulty", "Connector fault, not compared"


class Snapshot(Governed):
    """One look into a system.

    A faulty one changes no finding. A suspect one opens findings and closes none, until a
    person releases it or the next one is equal.
    """

    site_path = "system__site_id"

    system = models.ForeignKey(GovernedSystem, on_delete=models.PROTECT, related_name="snapshots")
    taken_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=SnapshotState.choices)
    grants = models.PositiveIntegerField()
    source_hash = models.CharField(max_length=64)
    fault = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-taken_at", "-id"]
        get_latest_by = "taken_at"
        constraints = [
            models.CheckConstraint(
                condition=Q(state="compared", fault="")
                | (Q(state__in=["faulty", "suspect"]) & ~Q(fault="")),
                name="snapshot_fault_is_named",
            )
        ]

    def __str__(self) -> str:
        return f"{self.system} at {self.taken_at:%Y-%m-%d %H:%M} UTC"


class ObservedGrant(models.Model):
    """A grant as it stands in a system by the last look that could be believed."""

    # No foreign keys in the database: a million checks at each commit guard what a merge under
    # the system's lock cannot get wrong. The unique key begins with the system.
    system = models.ForeignKey(
        GovernedSystem,
        on_delete=models.PROTECT,
        related_name="observed",
        db_constraint=False,
        db_index=False,
    )
    principal = models.CharField(max_length=120, db_collation="C")
    entitlement = models.CharField(max_length=60, db_collation="C")
    scope = models.CharField(max_length=300, db_collation="C")
    via = models.CharField(max_length=300)
    first_via = models.CharField(max_length=300, help_text="The path when it was first seen.")
    is_privileged = models.BooleanField(default=False)
    is_implied = models.BooleanField(default=False, help_text="Follows from another grant.")
    can_login = models.BooleanField(default=True)
    has_mfa = models.BooleanField(null=True, help_text="Empty where the source does not say.")
    granted_at = models.DateTimeField(null=True)
    last_used = models.DateTimeField(null=True)
    usage_known = models.BooleanField(default=False)
    absent_from = models.ForeignKey(
        Snapshot,
        on_delete=models.SET_NULL,
        null=True,
        related_name="absent",
        db_constraint=False,
        db_index=False,
        help_text="The suspect snapshot that did not show it.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system", "principal", "entitlement", "scope"],
                name="observed_grant_is_listed_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["system"],
                condition=Q(is_privileged=True, has_mfa=False),
                name="observed_without_mfa",
            )
        ]

    def __str__(self) -> str:
        return f"{self.principal} {self.entitlement} {self.scope}"


class RevocationPlan(Governed):
    """SQL that takes away what nobody approved: text for people, until a second one approves it."""

    site_path = "system__site_id"

    system = models.ForeignKey(GovernedSystem, on_delete=models.PROTECT, related_name="revocations")
    statements = models.TextField(help_text="One statement a line, as it will be run.")
    drafted_by = models.CharField(max_length=120)
    drafted_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    approved_by = models.CharField(max_length=120, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    applied_by = models.CharField(max_length=120, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(
        max_length=600,
        blank=True,
        default="",
        db_default="",
        help_text="Why the last run changed nothing in the system.",
    )

    class Meta:
        ordering = ["-drafted_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_at=None, approved_by="")
                | Q(approved_at__isnull=False) & ~Q(approved_by=""),
                name="revocation_approval_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(approved_by=F("drafted_by")),
                name="revocation_is_approved_by_another",
            ),
            models.CheckConstraint(
                condition=Q(applied_at=None, applied_by="")
                | Q(applied_at__isnull=False, approved_at__isnull=False) & ~Q(applied_by=""),
                name="revocation_is_applied_after_approval",
            ),
            models.CheckConstraint(
                condition=Q(failed_at=None, failure="")
                | Q(failed_at__isnull=False, approved_at__isnull=False) & ~Q(failure=""),
                name="revocation_failure_has_when_and_what",
            ),
        ]

    def __str__(self) -> str:
        return f"revocation in {self.system} of {self.drafted_at:%Y-%m-%d %H:%M} UTC"


class DriftState(models.TextChoices):
    OPEN = "open", "Open"
    ACCEPTED = "accepted", "Accepted for a time"
    ADOPT_REQUESTED = "adopt_requested", "Access requested"
    REVOKE_REQUESTED = "revoke_requested", "Revocation requested"
    CLOSED = "closed", "Verified closed"


class DriftFindingQuerySet(models.QuerySet["DriftFinding"]):
    def lasting(self) -> "DriftFindingQuerySet":
        """Return those that are still so, whatever was decided about them."""
        return self.exclude(state=DriftState.CLOSED)


class DriftFinding(Governed):
    """A difference between what was approved and what is so.

    One row for one difference, however often it comes back: ``identity`` is the SHA-256 of
    its kind and key. ``first_seen_at`` is when it opened, this time.
    """

    site_path = "system__site_id"

    system = models.ForeignKey(GovernedSystem, on_delete=models.PROTECT, related_name="drift")
    identity = models.CharField(max_length=64, blank=True, default="", db_default="")
    kind = models.CharField(
        max_length=24, choices=[(kind.value, name) for kind, name in NAMES.items()]
    )
    principal = models.CharField(max_length=120, blank=True)
    entitlement = models.CharField(max_length=60, blank=True)
    scope = models.CharField(max_length=300, blank=True)
    via = models.CharField(max_length=300, blank=True)
    is_privileged = models.BooleanField(default=False)
    severity = models.CharField(max_length=6)
    state = models.CharField(max_length=16, choices=DriftState.choices, default=DriftState.OPEN)
    recurrences = models.PositiveIntegerField(
        default=0, db_default=0, help_text="How often it came back after it was closed."
    )
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    owner = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="owned_drift"
    )
    accepted_until = models.DateTimeField(null=True, blank=True)
    accepted_by = models.CharField(max_length=120, blank=True, default="", db_default="")
    accepted_reason = models.CharField(max_length=300, blank=True, default="", db_default="")
    request = models.ForeignKey(
        AccessRequest, on_delete=models.PROTECT, null=True, blank=True, related_name="drift"
    )
    plan = models.ForeignKey(
        RevocationPlan, on_delete=models.PROTECT, null=True, blank=True, related_name="findings"
    )

    objects = DriftFindingQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["system", "state"], name="drift_by_system")]
        ordering = ["state", "first_seen_at", "id"]
        verbose_name = "drift finding"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in Kind]), name="drift_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(severity__in=["high", "medium", "low"]), name="drift_severity_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "accepted", "adopt_requested", "revoke_requested"])
                & Q(closed_at=None)
                | Q(state="closed", closed_at__isnull=False),
                name="drift_closed_has_an_instant",
            ),
            models.CheckConstraint(
                condition=Q(last_seen_at__gte=F("first_seen_at")),
                name="drift_is_last_seen_after_first",
            ),
            models.CheckConstraint(
                condition=Q(state="accepted", accepted_until__isnull=False)
                & ~Q(accepted_by="")
                & ~Q(accepted_reason="")
                | ~Q(state="accepted") & Q(accepted_until=None, accepted_by="", accepted_reason=""),
                name="drift_accepted_has_who_why_and_until_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="adopt_requested") | Q(request__isnull=False),
                name="drift_adoption_has_its_request",
            ),
            models.UniqueConstraint(
                fields=["system", "kind", "principal", "entitlement", "scope"],
                condition=Q(state="open"),
                name="drift_is_open_once",
            ),
            models.UniqueConstraint(
                fields=["identity"], condition=~Q(identity=""), name="drift_has_one_row"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.principal} {self.entitlement} {self.scope}"


class PrincipalAlias(Governed):
    """Whose a principal of a system is: a person, or nobody's in person and kept for a purpose.

    As soon as one is named in a system, every login without one is an orphan there.
    """

    site_path = "system__site_id"

    system = models.ForeignKey(GovernedSystem, on_delete=models.PROTECT, related_name="aliases")
    principal = models.CharField(max_length=120)
    user = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="aliases"
    )
    purpose = models.CharField(
        max_length=300, blank=True, help_text="What a technical account is for."
    )
    is_seldom_used = models.BooleanField(
        default=False, help_text="Works at long intervals: its grants never count as unused."
    )

    class Meta:
        ordering = ["system", "principal"]
        verbose_name_plural = "principal aliases"
        constraints = [
            models.UniqueConstraint(
                fields=["system", "principal"], name="principal_alias_is_named_once"
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=False) | ~Q(purpose=""),
                name="principal_alias_has_a_person_or_a_purpose",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.principal} in {self.system}"


class SodRule(Governed):
    """Two rights that one person must not hold together (separation of duties).

    Empty parts of a side mean any: ``left_system`` None is every system.
    """

    slug = models.SlugField(max_length=60, unique=True)
    reason = models.CharField(max_length=300)
    left_system = models.ForeignKey(
        GovernedSystem, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    left_entitlement = models.CharField(max_length=60)
    left_scope = models.CharField(max_length=300, blank=True)
    right_system = models.ForeignKey(
        GovernedSystem, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    right_entitlement = models.CharField(max_length=60)
    right_scope = models.CharField(max_length=300, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["slug"]
        verbose_name = "separation-of-duties rule"
        constraints = [
            models.CheckConstraint(
                condition=~Q(left_entitlement=F("right_entitlement"), left_scope=F("right_scope")),
                name="sod_rule_has_two_different_sides",
            ),
            models.CheckConstraint(
                condition=~Q(left_entitlement="") & ~Q(right_entitlement=""),
                name="sod_rule_names_what_it_separates",
            ),
        ]

    def __str__(self) -> str:
        return self.slug
