"""Approvals: a command that others than whoever asked for it have to pass."""

from django.db import models
from django.db.models import Q

from governance.models import Governed
from incidents.domain.escalation import Told
from incidents.models.run import Run
from incidents.models.step_run import StepRun


class ApprovalState(models.TextChoices):
    OPEN = "open", "Waits"
    GIVEN = "given", "Given"
    REFUSED = "refused", "Refused"
    EXPIRED = "expired", "Expired"
    VOID = "void", "Void"


class Approval(Governed):
    """``needed`` people pass what the digest stands for: the rendered command and its target.

    A command that renders to anything else is another one, and asks anew.
    """

    site_path = "run__incident__site_id"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="approvals")
    step_run = models.ForeignKey(StepRun, on_delete=models.CASCADE, related_name="approvals")
    order = models.PositiveIntegerField()
    request = models.JSONField()
    request_sha256 = models.CharField(max_length=64)
    role = models.CharField(max_length=80, blank=True)
    needed = models.PositiveSmallIntegerField(default=1)
    requested_by = models.CharField(max_length=120)
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    state = models.CharField(
        max_length=7, choices=ApprovalState.choices, default=ApprovalState.OPEN
    )
    ended_at = models.DateTimeField(null=True)
    told = models.PositiveSmallIntegerField(
        choices=[(one.value, one.name.lower()) for one in Told],
        default=Told.NOBODY.value,
        db_default=Told.NOBODY.value,
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["step_run", "order"],
                condition=Q(state="open"),
                name="approval_is_asked_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ApprovalState.values), name="approval_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state="open", ended_at=None)
                | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="approval_end_has_when",
            ),
            models.CheckConstraint(
                condition=Q(needed__range=(1, 9)), name="approval_needs_one_to_nine"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("requested_at")),
                name="approval_expires_after_it_was_asked",
            ),
            models.CheckConstraint(
                condition=Q(told__in=[one.value for one in Told]), name="approval_told_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_sha256[:12]} {self.state}"


class ApprovalVote(Governed):
    """One person's word; whoever requested it is kept out by a copy of their reference."""

    site_path = "approval__run__incident__site_id"

    approval = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="votes")
    by = models.CharField(max_length=120)
    requested_by = models.CharField(max_length=120)
    at = models.DateTimeField()
    is_for = models.BooleanField()
    request_sha256 = models.CharField(max_length=64)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["approval", "by"], name="approval_vote_is_given_once"),
            models.CheckConstraint(
                condition=~Q(by=models.F("requested_by")),
                name="approval_is_not_given_by_who_asked",
            ),
            models.CheckConstraint(
                condition=Q(is_for=True) | ~Q(reason=""), name="approval_refused_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return "for" if self.is_for else "against"
