"""Commands of runs: what is to be sent, what was, and what came of it."""

from django.db import models
from django.db.models import F, Q

from governance.models import Governed
from incidents.domain.engine.states import Effect
from incidents.models.run import Run
from incidents.models.step_run import StepRun


class CommandState(models.TextChoices):
    INTENDED = "intended", "To be sent"
    SENDING = "sending", "Being sent"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Nobody knows"
    CANCELLED = "cancelled", "Never sent"


ENDED = [CommandState.DONE, CommandState.FAILED, CommandState.UNKNOWN, CommandState.CANCELLED]


class CommandRun(Governed):
    """One command for one target, rendered when its turn came.

    It is committed as intended before a byte leaves. ``key`` is the idempotency key, the same
    over all retries; ``fence`` counts who took it, and only the last one may say how it went.
    Leases and due times run on the clock of the database.
    """

    site_path = "run__incident__site_id"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="commands")
    step_run = models.ForeignKey(StepRun, on_delete=models.CASCADE, related_name="commands")
    order = models.PositiveIntegerField()
    target = models.CharField(max_length=80, blank=True)
    key = models.CharField(max_length=64, unique=True)
    effect = models.CharField(max_length=12, choices=[(one.value, one.value) for one in Effect])
    is_simulated = models.BooleanField(default=False)
    request = models.JSONField()
    request_sha256 = models.CharField(max_length=64)
    state = models.CharField(
        max_length=9, choices=CommandState.choices, default=CommandState.INTENDED
    )
    attempt = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=120, blank=True)
    answer = models.TextField(blank=True)
    answer_sha256 = models.CharField(max_length=64, blank=True)
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["intended", "sending"]),
                name="command_run_due",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["step_run", "order"], name="command_run_of_an_order_is_one"
            ),
            models.CheckConstraint(
                condition=Q(state__in=CommandState.values), name="command_run_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state="sending", lease_until__isnull=False, sent_at__isnull=False)
                | (~Q(state="sending") & Q(lease_until=None)),
                name="command_run_lease_while_sending",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ENDED, ended_at__isnull=False)
                | (~Q(state__in=ENDED) & Q(ended_at=None)),
                name="command_run_end_has_when",
            ),
            models.CheckConstraint(
                condition=~Q(effect=Effect.AT_MOST_ONCE.value) | Q(attempt__lte=1),
                name="command_run_at_most_once_is_sent_once",
            ),
            models.CheckConstraint(
                condition=Q(attempt__lte=F("fence")), name="command_run_attempts_are_fenced"
            ),
        ]

    def __str__(self) -> str:
        return self.key[:12]
