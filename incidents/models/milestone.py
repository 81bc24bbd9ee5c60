"""Milestone entries: each answer to "when?", kept for good; a correction is a new one."""

from datetime import UTC

from django.db import models
from django.db.models import F, Q

from governance.models import Governed
from incidents.domain.intervals import Interval, Precision
from incidents.domain.milestones import Milestone, MilestoneKind, Source, Status
from incidents.models.incident import Incident


class MilestoneEntry(Governed):
    """One answer. The application may add entries and never change or remove one."""

    site_path = "incident__site_id"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="milestones")
    kind = models.CharField(
        max_length=24,
        choices=[(one.value, one.value.replace("_", " ")) for one in MilestoneKind],
    )
    party = models.CharField(max_length=120, blank=True)
    seq = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(
        max_length=14, choices=[(one.value, one.value.replace("_", " ")) for one in Status]
    )
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    precision = models.CharField(max_length=6, default=Precision.SECOND.value)
    zone = models.CharField(max_length=64, default="UTC")
    source = models.CharField(max_length=8, choices=[(one.value, one.value) for one in Source])
    reason = models.TextField(blank=True)
    basis = models.TextField(blank=True)
    evidence = models.TextField(blank=True)
    set_by = models.CharField(max_length=120)
    set_at = models.DateTimeField()

    class Meta:
        ordering = ["incident", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "kind", "party", "seq"], name="milestone_entry_is_numbered_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[one.value for one in MilestoneKind]),
                name="milestone_kind_is_known",
            ),
            models.CheckConstraint(
                condition=Q(source__in=[one.value for one in Source]),
                name="milestone_source_is_known",
            ),
            models.CheckConstraint(
                condition=Q(precision__in=[one.value for one in Precision]),
                name="milestone_precision_is_known",
            ),
            models.CheckConstraint(
                condition=Q(status="known", starts_at__isnull=False, ends_at__isnull=False)
                | Q(
                    status__in=[one.value for one in Status if one is not Status.KNOWN],
                    starts_at=None,
                    ends_at=None,
                ),
                name="milestone_has_a_time_when_known",
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at__gt=F("starts_at")),
                name="milestone_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(status="known") | ~Q(reason=""), name="milestone_not_known_has_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(seq=1) | Q(seq__gt=1) & ~Q(reason=""),
                name="milestone_correction_has_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(source="estimate") | ~Q(basis=""),
                name="milestone_estimate_has_a_basis",
            ),
            models.CheckConstraint(
                condition=Q(kind="notified") & ~Q(party="") | ~Q(kind="notified") & Q(party=""),
                name="milestone_party_is_of_a_notice",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.seq} of {self.incident_id}"

    def as_milestone(self) -> Milestone:
        """Return the entry as the rules read it."""
        interval = None
        if self.starts_at is not None and self.ends_at is not None:
            interval = Interval(self.starts_at.astimezone(UTC), self.ends_at.astimezone(UTC))
        return Milestone(
            kind=MilestoneKind(self.kind),
            status=Status(self.status),
            source=Source(self.source),
            interval=interval,
            precision=Precision(self.precision),
            zone=self.zone,
            party=self.party,
            reason=self.reason,
            basis=self.basis,
            seq=self.seq,
        )
