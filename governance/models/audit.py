"""The audit log: events, their places in the tree, and what others signed about it.

Rows only come in. What the database does by itself stands in ``governance/postgresql/audit.sql``.
"""

import json
from typing import Any

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from governance.models.governed import Governed


class AuditEvent(Governed):
    """One act, one refusal or one change of a row, written in the transaction of the change.

    ``leaf_data`` are the bytes that enter the tree and the truth: JSON of what the other
    columns say, with the salted digest of ``body``. Personal data stand in ``body`` alone
    (JSON as text, exactly as it was digested), so that erasing it leaves the tree whole.
    Everything from ``cluster`` to ``salt`` is written by the database itself.
    """

    party_path = "tenant"

    cluster = models.BigIntegerField(editable=False)
    xid = models.BigIntegerField(editable=False)
    recorded_at = models.DateTimeField(editable=False)
    leaf_data = models.BinaryField(editable=False)
    salt = models.BinaryField(null=True, editable=False)
    occurred_at = models.DateTimeField()
    tenant = models.CharField(max_length=120, help_text="Partner it belongs to, or own.")
    scope = models.CharField(max_length=120, blank=True)
    actor = models.CharField(max_length=120)
    act = models.CharField(max_length=120)
    cause = models.CharField("part of", max_length=120, blank=True)
    object = models.CharField(max_length=160)
    outcome = models.CharField(max_length=8, default="ok")
    request_id = models.CharField(max_length=64)
    body = models.TextField(null=True)

    class Meta:
        db_table = "audit_event"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["cluster", "xid", "id"], name="audit_event_by_transaction"),
            models.Index(fields=["object", "id"], name="audit_event_by_object"),
            models.Index(fields=["actor", "id"], name="audit_event_by_actor"),
            models.Index(fields=["act", "id"], name="audit_event_by_act"),
            models.Index(
                fields=["tenant", "id"], condition=~Q(tenant="own"), name="audit_event_by_tenant"
            ),
            models.Index(
                fields=["scope", "id"],
                condition=~Q(scope="") & ~Q(scope="*"),
                name="audit_by_scope",
            ),
            models.Index(fields=["id"], condition=Q(outcome="denied"), name="audit_denied"),
            # A summary of neighboring pages, made after they are full: writing pays nothing.
            BrinIndex(
                fields=["request_id"],
                name="audit_by_request",
                opclasses=[
                    "text_bloom_ops (n_distinct_per_range = 1200, false_positive_rate = 0.005)"
                ],
                pages_per_range=128,
                autosummarize=True,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.act} {self.object}"

    @property
    def facts(self) -> dict[str, Any]:
        """Return what the body says; nothing once it is erased."""
        found: dict[str, Any] = json.loads(self.body) if self.body else {}
        return found


class AuditLeaf(models.Model):
    """The place of an event in the log, given once by the sequencer, without gaps."""

    seq = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, related_name="leaf")
    leaf_hash = models.BinaryField()
    sequenced_at = models.DateTimeField()

    class Meta:
        db_table = "audit_leaf"

    def __str__(self) -> str:
        return str(self.seq)


class AuditTile(models.Model):
    """256 neighboring hashes of the tree, complete; ``root`` is the hash above them."""

    level = models.PositiveSmallIntegerField()
    n = models.BigIntegerField()
    data = models.BinaryField()
    root = models.BinaryField()

    class Meta:
        db_table = "audit_tile"
        constraints = [
            models.UniqueConstraint(fields=["level", "n"], name="audit_tile_is_written_once")
        ]

    def __str__(self) -> str:
        return f"{self.level}/{self.n}"


class AuditCheckpoint(models.Model):
    """The signed head of the log at one size."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    at = models.DateTimeField()
    note = models.TextField()

    class Meta:
        db_table = "audit_checkpoint"
        ordering = ["-size"]

    def __str__(self) -> str:
        return f"{self.size} entries"


class AuditCosignature(models.Model):
    """A witness saw this checkpoint, by its own clock, and that it continues the one before."""

    checkpoint = models.ForeignKey(
        AuditCheckpoint, on_delete=models.PROTECT, db_column="size", related_name="cosignatures"
    )
    witness = models.CharField(max_length=120)
    witnessed_at = models.DateTimeField()
    received_at = models.DateTimeField()
    line = models.TextField()

    class Meta:
        db_table = "audit_cosignature"
        constraints = [
            models.UniqueConstraint(
                fields=["checkpoint", "witness"], name="audit_checkpoint_is_cosigned_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.witness}: {self.checkpoint_id}"


class AuditKey(models.Model):
    """A verifier key of the log, from the size of the log on at which it began or ended."""

    vkey = models.CharField(max_length=300)
    is_end = models.BooleanField(default=False)
    size = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        db_table = "audit_key"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["vkey", "is_end"], name="audit_key_begins_and_ends_once"
            )
        ]

    def __str__(self) -> str:
        return self.vkey


class AuditErasure(models.Model):
    """A body was erased, on which legal ground."""

    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, related_name="erasure")
    at = models.DateTimeField()
    actor = models.CharField(max_length=120)
    legal_ground = models.CharField(max_length=300)

    class Meta:
        db_table = "audit_erasure"
        constraints = [
            models.CheckConstraint(condition=~Q(legal_ground=""), name="audit_erasure_has_a_ground")
        ]

    def __str__(self) -> str:
        return f"{self.event_id}: {self.legal_ground}"


class AuditVerification(Governed):
    """One check of the log: what was expected, what held, and the entries that failed."""

    at = models.DateTimeField()
    is_full = models.BooleanField()
    seconds = models.FloatField()
    size = models.BigIntegerField(help_text="Leaves checked, from the first.")
    root = models.BinaryField()
    expected = models.BigIntegerField()
    verified = models.BigIntegerField()
    witnessed_size = models.BigIntegerField()
    classes = models.JSONField(default=dict, help_text="Failures by rule.")
    failures = models.JSONField(default=list, help_text="The first failing entries.")
    breakdown = models.JSONField(default=dict, help_text="Expected and verified by day and tenant.")
    full_at = models.DateTimeField(help_text="When all of it was last checked.")

    class Meta:
        db_table = "audit_verification"
        ordering = ["-id"]
        get_latest_by = "id"
        constraints = [
            models.CheckConstraint(
                condition=Q(verified__lte=models.F("expected")),
                name="audit_verified_is_within_expected",
            )
        ]

    def __str__(self) -> str:
        return f"{self.verified} of {self.expected} at {self.at:%Y-%m-%d %H:%M} UTC"

    @property
    def integrity(self) -> float | None:
        """Return verified over expected, in percent; None for an empty log."""
        return 100 * self.verified / self.expected if self.expected else None
