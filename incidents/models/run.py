"""Runs: a runbook being worked through, pinned to the document it started from."""

from django.db import models
from django.db.models import Q

from governance.models import Governed
from incidents.models.incident import Incident
from incidents.models.runbook import RunbookVersion

MAX_DEPTH = 5


class RunState(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Worked through"
    FAILED = "failed", "Failed"
    STOPPED = "stopped", "Stopped"


class Pause(models.TextChoices):
    """What a run that is under way waits for, if a person has to say how it goes on."""

    NONE = "", "Nothing"
    DECISION = "decision", "A decision"
    APPROVAL = "approval", "An approval"
    UNKNOWN = "unknown_effect", "Word whether something happened"


class Run(Governed):
    """One runbook in one incident. A later version of the runbook does not change it.

    ``version`` is empty where it runs as shipped, because no version came in yet. ``values``
    are its variables by scope and name. ``depth`` counts the runs above one that works for a
    step of another; ``runbook`` then names that step, too. ``is_drill`` simulates every command
    that would leave this product.
    """

    site_path = "incident__site_id"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="runs")
    runbook = models.SlugField(max_length=64)
    name = models.CharField(max_length=160)
    version = models.ForeignKey(
        RunbookVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="runs"
    )
    document = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=7, choices=RunState.choices, default=RunState.RUNNING)
    paused_for = models.CharField(
        max_length=14, choices=Pause.choices, blank=True, default="", db_default=""
    )
    is_drill = models.BooleanField(default=False, db_default=False)
    is_exception = models.BooleanField(default=False, db_default=False)
    values = models.JSONField(default=dict, db_default={})
    depth = models.PositiveSmallIntegerField(default=0, db_default=0)
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=120)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "runbook"],
                condition=Q(state="running"),
                name="run_is_live_once",
            ),
            models.CheckConstraint(
                condition=Q(state="running", ended_at=None)
                | Q(state__in=["done", "failed", "stopped"], ended_at__isnull=False),
                name="run_end_has_when",
            ),
            models.CheckConstraint(
                condition=Q(paused_for__in=Pause.values), name="run_pause_is_known"
            ),
            models.CheckConstraint(
                condition=Q(paused_for="") | Q(state="running"), name="run_pause_ends_with_it"
            ),
            models.CheckConstraint(
                condition=Q(depth__lte=MAX_DEPTH), name="run_is_not_nested_too_deep"
            ),
        ]

    def __str__(self) -> str:
        return self.name
