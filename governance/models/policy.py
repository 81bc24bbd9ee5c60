"""The policy as data: versions, their rules, and which one is in force."""

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q, Value

from governance.models.governed import Governed


class PolicyState(models.TextChoices):
    """What a version may become is held by the database: ``audit_policy_version``."""

    DRAFT = "draft", "Draft"
    IN_REVIEW = "in_review", "In review"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    PUBLISHED = "published", "Published"
    SUPERSEDED = "superseded", "Superseded"


REVIEW_WITHIN = timedelta(hours=24)
"""A rollback is reviewed this long after it came into force; the last instant counts."""
IN_FORCE_ONCE = (PolicyState.PUBLISHED, PolicyState.SUPERSEDED)


class PolicyVersion(Governed):
    """A Casbin model and its rules under one hash; nothing of it changes after the draft.

    ``restores`` names the version whose content a rollback brings back. ``decided_by``
    approved or rejected it, for ``approved_sha256``, or withdrew it.
    """

    number = models.PositiveIntegerField(unique=True)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True)
    state = models.CharField(max_length=12, choices=PolicyState.choices, default=PolicyState.DRAFT)
    restores = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="restorations"
    )
    model_conf = models.TextField()
    tests = models.TextField("tests, YAML", blank=True, default="", db_default="")
    content_sha256 = models.CharField(max_length=64)
    author = models.CharField(max_length=120)
    note = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=120, blank=True, default="", db_default="")
    decision_reason = models.CharField(max_length=300, blank=True, default="", db_default="")
    approved_sha256 = models.CharField(max_length=64, blank=True, default="", db_default="")
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.CharField(max_length=120, blank=True, default="", db_default="")

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=PolicyState.values), name="policy_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=IN_FORCE_ONCE, published_at__isnull=False)
                | (~Q(state__in=IN_FORCE_ONCE) & Q(published_at=None)),
                name="policy_published_has_an_instant",
            ),
            models.CheckConstraint(
                condition=Q(decided_at=None, decided_by="")
                | (Q(decided_at__isnull=False) & ~Q(decided_by="")),
                name="policy_decision_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(approved_sha256="") | Q(approved_sha256=F("content_sha256")),
                name="policy_approval_is_of_this_content",
            ),
            models.CheckConstraint(
                condition=Q(approved_sha256="") | ~Q(decided_by=F("author")),
                name="policy_author_never_approves",
            ),
        ]

    def __str__(self) -> str:
        return f"policy version {self.number}"

    @property
    def review_due_at(self) -> datetime | None:
        """Return until when this rollback is to be reviewed; None for any other version."""
        if self.restores_id is None or self.published_at is None:
            return None
        return self.published_at + REVIEW_WITHIN


class PolicyReview(models.Model):
    """Somebody looked, after the fact, at a rollback that is in force."""

    version = models.OneToOneField(PolicyVersion, on_delete=models.PROTECT, related_name="review")
    by = models.CharField(max_length=120)
    at = models.DateTimeField()
    reason = models.CharField("what was found", max_length=300)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="policy_review_says_what_it_found")
        ]

    def __str__(self) -> str:
        return f"review of {self.version}"


class PolicySignature(models.Model):
    """A published version as the key of the audit log signed it: a note (C2SP signed-note).

    The sequencer writes it, since it alone reads the key; nobody changes or deletes it. The
    keys that may have signed are those of ``AuditKey``, ended ones too.
    """

    version = models.OneToOneField(
        PolicyVersion, on_delete=models.PROTECT, related_name="signature"
    )
    note = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "audit_policy_signature"

    def __str__(self) -> str:
        return f"signature of {self.version}"


class PolicyRule(models.Model):
    """One line ``p, sub, dom, rtype, act, cond, eft, rid``."""

    version = models.ForeignKey(PolicyVersion, on_delete=models.CASCADE, related_name="rules")
    ordinal = models.PositiveIntegerField()
    rid = models.CharField(max_length=80)
    sub = models.CharField("role", max_length=80)
    dom = models.CharField("scope", max_length=120, default="*")
    rtype = models.CharField("resource type", max_length=80)
    act = models.CharField("action", max_length=80)
    cond = models.CharField("condition", max_length=1000, default="True")
    eft = models.CharField("effect", max_length=5, default="allow")
    obligations = models.CharField(max_length=2000, blank=True, default="", db_default="")
    is_overridable = models.BooleanField("sites may widen it", default=False, db_default=False)

    class Meta:
        ordering = ["version", "ordinal"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "rid"], name="rule_id_is_unique_in_its_version"
            ),
            models.UniqueConstraint(
                fields=["version", "ordinal"], name="rule_order_is_unique_in_its_version"
            ),
            models.CheckConstraint(
                condition=Q(eft__in=["allow", "deny"]), name="rule_allows_or_denies"
            ),
        ]

    def __str__(self) -> str:
        return self.rid


class PolicyHead(models.Model):
    """The one row that says what is in force.

    ``stamp`` is new with every change of rules, memberships or sites. A rolled back
    change leaves a stamp that never comes again, so no process can mistake what it
    cached inside that transaction for what others see.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, null=True)
    policy_seq = models.PositiveBigIntegerField(default=0)
    grant_seq = models.PositiveBigIntegerField(default=0)
    stamp = models.UUIDField(default=uuid.uuid4)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="policy_head_is_one_row")]

    def __str__(self) -> str:
        return f"policy {self.policy_seq}, grants {self.grant_seq}"


class PolicyChange(models.Model):
    """One step of the head from a stamp to the next that changed memberships.

    ``user`` is the one whose memberships changed; none where more than that did. Processes
    follow these steps instead of loading all memberships; the oldest are dropped.
    """

    stamp = models.UUIDField(unique=True)
    before = models.UUIDField()
    user = models.ForeignKey(
        "governance.User", on_delete=models.CASCADE, null=True, related_name="+"
    )

    def __str__(self) -> str:
        return f"{self.before} to {self.stamp}"


class DecisionLog(Governed):
    """What was asked and answered: denials, errors, writes, and decisions asked for by name.

    ``inputs`` holds the attributes that were decided on, so that another policy can be
    asked the same question later: see ``domain.inputs``.
    """

    at = models.DateTimeField(db_index=True)
    subject = models.CharField(max_length=120, db_index=True)
    act = models.CharField(max_length=80)
    resource = models.CharField(max_length=160)
    domain = models.CharField(max_length=160)
    allow = models.BooleanField()
    reason = models.CharField(max_length=40)
    rule = models.CharField(max_length=80, blank=True)
    policy_sha256 = models.CharField(max_length=64, blank=True)
    request_id = models.CharField(max_length=64)
    evaluation_id = models.CharField(max_length=40, blank=True)
    pep = models.CharField("asked by", max_length=64, blank=True)
    inputs = models.JSONField(default=dict, blank=True, db_default=Value({}, models.JSONField()))
    weight = models.PositiveIntegerField(
        "stands for",
        default=1,
        db_default=1,
        help_text="Permits that only read are a sample: one row for so many decisions.",
    )

    class Meta:
        ordering = ["-id"]
        verbose_name = "decision"
        constraints = [
            models.CheckConstraint(
                condition=Q(weight__gte=1), name="decision_stands_for_one_or_more"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.act} {self.resource}: {'permit' if self.allow else 'deny'}"
