"""Findings: a known vulnerability in what a partner ships, with its clock."""

import uuid

from django.db import models
from django.db.models import Case, F, Q, Value, When

from governance.models import Governed
from partners.domain.answers import Status
from partners.domain.patching import Anchor, DueRule
from partners.domain.severity import Band
from partners.models.advisory import Vulnerability
from partners.models.component import ComponentVersion
from partners.models.partner import Product


class FindingState(models.TextChoices):
    """``withdrawn``: no advisory says so any more; it counts in no rate.

    A waiver is no state: it hides an open finding as long as it is in force, by time alone.
    """

    OPEN = "open", "Open"
    FIXED = "fixed", "Fixed"
    MITIGATED = "mitigated", "Not affected"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Finding(Governed):
    """One vulnerability in one component version of one product; one row as long as it lasts.

    Due date, rule, reason and policy version are frozen when it opens. Band and evidence
    follow the advisories; a lowered rating moves no date. ``ended_at`` is the instant at
    which it was fixed (the newer SBOM's), answered as not affected, or withdrawn. ``claim`` is
    what the supplier says of an open one; the clock goes on. While ``waived_from`` ≤ now ≤
    ``waived_until`` it counts as waived; its due date stays what it always was.
    """

    site_path = "product__site_id"
    party_path = "product__partner__party"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="findings")
    vulnerability = models.ForeignKey(
        Vulnerability, on_delete=models.PROTECT, related_name="findings"
    )
    component = models.ForeignKey(
        ComponentVersion, on_delete=models.PROTECT, related_name="findings"
    )
    state = models.CharField(max_length=9, choices=FindingState.choices, default=FindingState.OPEN)
    band = models.CharField(
        "severity", max_length=8, choices=[(band.value, band.value.title()) for band in Band]
    )
    score = models.FloatField(null=True)
    rating_source = models.CharField(max_length=300, blank=True)
    rank = models.GeneratedField(
        expression=Case(
            *(When(band=band.value, then=Value(band.rank)) for band in Band),
            default=Value(0),
            output_field=models.SmallIntegerField(),
        ),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )
    is_kev = models.BooleanField("exploited", default=False, db_default=False)
    epss = models.FloatField("EPSS", null=True)
    claim = models.CharField(
        "the supplier says",
        max_length=20,
        blank=True,
        db_default="",
        choices=[(one.value, one.label) for one in Status],
    )
    evidence = models.JSONField(default=list)
    fixed_versions = models.JSONField(default=list)
    is_unbounded = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    anchor = models.CharField(
        max_length=10, blank=True, choices=[(one.value, one.value) for one in Anchor]
    )
    anchor_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    due_rule = models.CharField(
        max_length=16, blank=True, choices=[(one.value, one.value) for one in DueRule]
    )
    term_days = models.PositiveSmallIntegerField(null=True)
    why = models.CharField("why this date", max_length=300, blank=True)
    policy_version = models.PositiveSmallIntegerField()
    ended_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    waived_from = models.DateTimeField(null=True)
    waived_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["due_at", "id"]
        indexes = [
            models.Index(fields=["due_at", "id"], name="finding_by_due"),
            models.Index(fields=["state", "due_at", "id"], name="finding_by_state"),
            models.Index(fields=["state", "-rank", "due_at", "id"], name="finding_by_rank"),
            models.Index(fields=["state", "-opened_at", "id"], name="finding_by_age"),
            models.Index(fields=["state", "-epss", "id"], name="finding_by_epss"),
            models.Index(
                fields=["due_at"],
                condition=Q(breached_at=None, state="open"),
                name="finding_open_to_sweep",
            ),
            models.Index(
                fields=["due_at"],
                condition=Q(breached_at=None, ended_at__gt=F("due_at")),
                name="finding_late_to_sweep",
            ),
            models.Index(
                fields=["waived_until"],
                condition=Q(waived_until__isnull=False, state="open"),
                name="finding_waived",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "vulnerability", "component"], name="finding_is_listed_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=FindingState.values), name="finding_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(band__in=[band.value for band in Band]), name="finding_band_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state="open", ended_at=None)
                | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="finding_ends_when_it_is_not_open",
            ),
            models.CheckConstraint(
                condition=Q(
                    due_at=None, anchor_at=None, term_days=None, anchor="", due_rule="", why=""
                )
                | (
                    Q(due_at__isnull=False, anchor_at__isnull=False, term_days__isnull=False)
                    & ~Q(anchor="")
                    & ~Q(due_rule="")
                    & ~Q(why="")
                ),
                name="finding_due_date_says_why",
            ),
            models.CheckConstraint(
                condition=Q(due_at__isnull=False) | Q(band="none"),
                name="finding_only_harmless_has_no_clock",
            ),
            models.CheckConstraint(
                condition=Q(due_at=None) | Q(due_at__gte=F("anchor_at")),
                name="finding_is_due_after_its_anchor",
            ),
            models.CheckConstraint(
                condition=Q(breached_at=None) | Q(breached_at=F("due_at")),
                name="finding_breach_is_dated_when_due",
            ),
            models.CheckConstraint(
                condition=Q(waived_from=None, waived_until=None)
                | Q(waived_from__isnull=False, waived_until__gt=F("waived_from")),
                name="finding_is_waived_from_and_until",
            ),
            models.CheckConstraint(
                condition=Q(claim="") | Q(state="open", claim__in=[one.value for one in Status]),
                name="finding_claim_is_known_and_of_an_open_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.vulnerability} in {self.component}"


class EventKind(models.TextChoices):
    OPENED = "opened", "Opened"
    REOPENED = "reopened", "Opened again"
    RATED = "rated", "Rated anew"
    MERGED = "merged", "Merged"
    FIXED = "fixed", "Fixed"
    WITHDRAWN = "withdrawn", "Withdrawn"
    BREACHED = "breached", "Overdue"
    SPLIT = "split", "Split"
    REDATED = "redated", "Date decided anew"
    CLAIMED = "claimed", "Supplier's answer"
    MITIGATED = "mitigated", "Not affected"
    WAIVED = "waived", "Waived"
    UNWAIVED = "unwaived", "Waiver ended"


class FindingEvent(models.Model):
    """What happened to a finding; rows are added and never changed."""

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=9, choices=EventKind.choices)
    at = models.DateTimeField()
    text = models.CharField(max_length=300)

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=EventKind.values), name="finding_event_kind_is_known"
            ),
            models.UniqueConstraint(
                fields=["finding", "at"],
                condition=Q(kind="breached"),
                name="finding_is_overdue_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"
