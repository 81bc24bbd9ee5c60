"""Duties to notify somebody of an incident, and what became of them."""

from django.db import models
from django.db.models import F, Q

from governance.models import Governed
from incidents.domain.notice_duties import OPEN, NoticeState
from incidents.domain.notice_rules import Start
from incidents.models.incident import Incident

OPEN_STATES = [one.value for one in OPEN]


class NoticeDutyQuerySet(models.QuerySet["NoticeDuty"]):
    def open(self) -> "NoticeDutyQuerySet":
        """Those that somebody still has to send or to rule out."""
        return self.filter(state__in=OPEN_STATES)


class NoticeDuty(Governed):
    """One notice to one recipient, by the rule and the version that made it owed.

    ``due_at`` follows from the milestones: it is empty for what is due without undue delay, and
    ``is_provisional`` while the event that its period runs from has not happened yet.
    """

    site_path = "incident__site_id"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="notices")
    rule = models.CharField(max_length=64)
    rules_version = models.CharField(max_length=40)
    title = models.CharField(max_length=160)
    recipient = models.CharField(max_length=120)
    partner = models.CharField(max_length=120, blank=True)
    article = models.CharField(max_length=200)
    why = models.CharField(max_length=200)
    asks = models.TextField(blank=True)
    start = models.CharField(max_length=7, choices=[(one.value, one.value) for one in Start])
    after = models.CharField(max_length=64, blank=True)
    hours = models.PositiveIntegerField()
    days = models.PositiveIntegerField()
    months = models.PositiveIntegerField()
    starts_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    is_provisional = models.BooleanField(default=False)
    state = models.CharField(
        max_length=9,
        choices=[(one.value, one.value.replace("_", " ")) for one in NoticeState],
        default=NoticeState.OWED.value,
    )
    draft = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True)
    sent_by = models.CharField(max_length=120, blank=True)
    reference = models.CharField(max_length=200, blank=True)
    ruled_out_at = models.DateTimeField(null=True)
    ruled_out_by = models.CharField(max_length=120, blank=True)
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField()

    objects = NoticeDutyQuerySet.as_manager()

    class Meta:
        ordering = ["incident", F("due_at").asc(nulls_last=True), "id"]
        indexes = [models.Index(fields=["state", "due_at"], name="notice_duty_by_due")]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "rule", "recipient"], name="notice_is_owed_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[one.value for one in NoticeState]),
                name="notice_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) & ~Q(sent_by="")
                | ~Q(state="sent") & Q(sent_at=None, sent_by=""),
                name="notice_sent_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(state="ruled_out", ruled_out_at__isnull=False)
                & ~Q(ruled_out_by="")
                & ~Q(reason="")
                | ~Q(state="ruled_out") & Q(ruled_out_at=None, ruled_out_by=""),
                name="notice_ruled_out_has_who_when_and_why",
            ),
            models.CheckConstraint(
                condition=~Q(state="drafted") | ~Q(draft=""), name="notice_drafted_has_a_draft"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} to {self.recipient}"
