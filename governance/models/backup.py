"""What is known of each backup: that it was made, and that it was restored and checked."""

from django.db import models
from django.db.models import F, Q

from governance.domain.backups import Kind, Result
from governance.models.governed import Governed

_KINDS = [("backup", "Backup"), ("restore", "Restore"), ("dr_test", "Recovery test")]
_RESULTS = [
    ("made", "Made"),
    ("valid", "Valid"),
    ("failed", "Failed"),
    ("incomplete", "Incomplete"),
]


class BackupAttestation(Governed):
    """One backup that was made, or one try to restore it. Rows only come in.

    A backup alone proves nothing: only a valid restore does, and whoever vouches for it is
    another than who made it.
    """

    kind = models.CharField(max_length=8, choices=_KINDS)
    file = models.CharField(max_length=500)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    taken_at = models.DateTimeField(null=True)
    restored_at = models.DateTimeField(null=True)
    operator = models.CharField("made by", max_length=120)
    verifier = models.CharField("checked by", max_length=120, blank=True)
    result = models.CharField(max_length=10, choices=_RESULTS)
    rto_seconds = models.FloatField(
        "RTO, s", null=True, help_text="From an empty cluster to a verified database."
    )
    rpo_seconds = models.FloatField(
        "RPO, s", null=True, help_text="How much of the past is missing; 0 if nothing is."
    )
    missing_entries = models.BigIntegerField(
        null=True, help_text="Entries that a witness outside saw and the backup lacks."
    )
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[str(one) for one in Kind]), name="backup_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(result__in=[str(one) for one in Result]), name="backup_result_is_known"
            ),
            models.CheckConstraint(
                condition=Q(kind="backup", result="made", restored_at=None, verifier="")
                | (~Q(kind="backup") & ~Q(result="made") & Q(restored_at__isnull=False))
                & ~Q(verifier=""),
                name="backup_only_a_restore_is_judged",
            ),
            models.CheckConstraint(
                condition=~Q(verifier=F("operator")), name="backup_verifier_is_not_operator"
            ),
            models.CheckConstraint(
                condition=Q(taken_at=None)
                | Q(restored_at=None)
                | Q(restored_at__gte=F("taken_at")),
                name="backup_is_restored_after_it_was_taken",
            ),
            models.CheckConstraint(
                condition=~Q(result="valid")
                | Q(
                    rto_seconds__isnull=False,
                    rpo_seconds__isnull=False,
                    missing_entries__isnull=False,
                    taken_at__isnull=False,
                )
                & ~Q(sha256=""),
                name="backup_valid_has_its_figures",
            ),
            models.CheckConstraint(
                condition=(Q(rto_seconds=None) | Q(rto_seconds__gte=0))
                & (Q(rpo_seconds=None) | Q(rpo_seconds__gte=0))
                & (Q(missing_entries=None) | Q(missing_entries__gte=0)),
                name="backup_figures_are_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.file}: {self.result}"
