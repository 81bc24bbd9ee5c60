"""Visits of steps by tokens, with their state in the engine."""

from django.db import models
from django.db.models import Q

from governance.models import Governed
from incidents.domain.engine.states import LIVE, Question, StepState
from incidents.models.run import Run
from incidents.models.token import Token

LIVE_STATES = [one.value for one in LIVE]


class StepRun(Governed):
    """One visit. ``order`` counts the commands that are done, over all targets.

    ``due_at`` ends a delay; ``deadline_at`` is when its time is over.
    """

    site_path = "run__incident__site_id"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="steps")
    token = models.ForeignKey(Token, on_delete=models.CASCADE, related_name="steps")
    step_id = models.CharField(max_length=80)
    visit = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=9, choices=[(one.value, one.value) for one in StepState])
    order = models.PositiveIntegerField(default=0)
    until = models.PositiveIntegerField(default=0)
    loops = models.PositiveIntegerField(default=0)
    loops_allowed = models.PositiveIntegerField(default=0)
    began_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    child = models.OneToOneField(Run, on_delete=models.PROTECT, null=True, related_name="parent")
    question = models.CharField(
        max_length=9, choices=[(one.value, one.value) for one in Question], blank=True
    )
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="delayed"), name="step_run_due"),
            models.Index(
                fields=["deadline_at"],
                condition=Q(deadline_at__isnull=False),
                name="step_run_deadline",
            ),
            models.Index(fields=["run"], condition=Q(state__in=LIVE_STATES), name="step_run_live"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["token", "step_id", "visit"], name="step_run_visit_is_counted"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[one.value for one in StepState]),
                name="step_run_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=LIVE_STATES, ended_at=None)
                | (~Q(state__in=LIVE_STATES) & Q(ended_at__isnull=False)),
                name="step_run_end_has_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="delayed") | Q(due_at__isnull=False),
                name="step_run_delay_ends",
            ),
            models.CheckConstraint(
                condition=Q(state="decision") & ~Q(question="")
                | ~Q(state="decision") & Q(question=""),
                name="step_run_decision_has_a_question",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step_id} {self.visit}"
