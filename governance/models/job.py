"""Background work: these rows are the truth, the broker only carries nudges."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from governance.models.governed import Governed


class JobState(models.TextChoices):
    READY = "ready", "Ready"
    LEASED = "leased", "Running"
    DONE = "done", "Done"
    DEAD = "dead", "Dead"


class Job(Governed):
    """One piece of work, unique by ``key`` (for periodic work: kind and slot).

    Of one ``lane`` a single job runs at a time, so that whoever has much to do leaves room for
    others; without one it waits for nobody. ``attempt`` is the fencing token: whoever finishes
    must hold the newest one. Leases run on the clock of the database.
    """

    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=200, unique=True)
    lane = models.CharField(max_length=120, blank=True, default="", db_default="")
    payload = models.JSONField(default=dict)
    actor = models.CharField(max_length=120)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=6, choices=JobState.choices, default=JobState.READY)
    attempt = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    lost = models.PositiveIntegerField("workers lost", default=0)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=120, blank=True)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-due_at", "-id"]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(state__in=["ready", "leased"]), name="job_due"
            ),
            models.Index(fields=["kind", "-due_at"], name="job_by_kind"),
            models.Index(
                fields=["lane", "due_at"],
                condition=Q(state__in=["ready", "leased"]) & ~Q(lane=""),
                name="job_in_lane",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=JobState.values), name="job_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state="leased", lease_until__isnull=False)
                | (~Q(state="leased") & Q(lease_until=None)),
                name="job_lease_only_while_running",
            ),
            models.CheckConstraint(
                condition=Q(state="done", done_at__isnull=False)
                | (~Q(state="done") & Q(done_at=None)),
                name="job_done_has_an_instant",
            ),
            models.CheckConstraint(
                condition=Q(attempt__gte=F("failures") + F("lost")),
                name="job_attempts_cover_failures",
            ),
        ]

    def __str__(self) -> str:
        return self.key
