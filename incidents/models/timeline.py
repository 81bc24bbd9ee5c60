"""The timeline: everything that was seen, done and said, kept for good."""

from django.db import models
from django.db.models import F, Q

from governance.models import Governed
from incidents.domain.tlp import Tlp
from incidents.models.incident import Incident


class EntryKind(models.TextChoices):
    NOTE = "note", "Note"
    STANDING = "standing", "Where we stand"
    DECLARED = "declared", "Declared"
    MILESTONE = "milestone", "Milestone"
    STEP = "step", "Step of a runbook"
    RUN = "run", "Runbook"
    ROLE = "role", "Role"
    LINK = "link", "Asset or partner"
    ALARM = "alarm", "Alarm"
    BREACH = "breach", "Breach or not"
    NOTICE = "notice", "Notice"
    EVIDENCE = "evidence", "Evidence"
    INDICATOR = "ioc", "Indicator"
    TASK = "task", "Task"
    SHARED = "shared", "Told to a partner"
    PARTNER = "partner", "Said by a partner"
    SEVERITY = "severity", "Severity"
    ACTION = "action", "Debrief and actions"
    END = "end", "Closed or dismissed"


class TimelineEntry(Governed):
    """One entry. The application may add entries and never change or remove one.

    It says when something happened (``starts_at`` to ``ends_at``) and when that was
    written down. A correction is a new entry that ``supersedes`` the old one, with its reason.
    ``tlp`` says who may hear of it; partners see copies alone, see ``models.slice``. ``token`` is
    the client's and makes sending the same text again harmless.
    """

    site_path = "incident__site_id"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=9, choices=EntryKind.choices)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    author = models.CharField(max_length=120)
    text = models.TextField()
    token = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    tlp = models.CharField(
        max_length=12,
        choices=[(one.value, f"TLP:{one.value.upper()}") for one in Tlp],
        default=Tlp.AMBER.value,
        db_default=Tlp.AMBER.value,
    )
    reason = models.TextField(blank=True, db_default="")
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )

    class Meta:
        ordering = ["-starts_at", "-id"]
        indexes = [models.Index(fields=["incident", "-starts_at", "-id"], name="timeline_order")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=EntryKind.values), name="timeline_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gte=F("starts_at")), name="timeline_ends_after_it_starts"
            ),
            models.CheckConstraint(condition=~Q(text=""), name="timeline_says_something"),
            models.CheckConstraint(
                condition=Q(tlp__in=[one.value for one in Tlp]), name="timeline_tlp_is_known"
            ),
            models.CheckConstraint(
                condition=Q(supersedes=None) | ~Q(reason=""),
                name="timeline_correction_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]
