"""Runs: a runbook worked through as a checklist, pinned to the document it started from."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from governance.models import Governed
from incidents.domain.cards import WAITING, CardState
from incidents.models.incident import Incident
from incidents.models.runbook import RunbookVersion

WAITING_STATES = [one.value for one in WAITING]


class RunState(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Worked through"
    STOPPED = "stopped", "Stopped"


class Run(Governed):
    """One runbook in one incident. A later version of the runbook does not change it.

    ``version`` is empty where it runs as shipped, because no version came in yet.
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
                | Q(state__in=["done", "stopped"], ended_at__isnull=False),
                name="run_end_has_when",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CardQuerySet(models.QuerySet["Card"]):
    def waiting(self) -> "CardQuerySet":
        return self.filter(state__in=WAITING_STATES)

    def due(self, at: datetime) -> "CardQuerySet":
        """Steps that wait and are past their time; one due at this instant is in time."""
        return self.waiting().filter(due_at__lt=at)


class Card(Governed):
    """One step: done by somebody, handed to another role, or found impossible.

    ``due_at`` is set when the steps before it are finished: only then its time runs.
    """

    site_path = "run__incident__site_id"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="cards")
    number = models.PositiveSmallIntegerField()
    step_id = models.CharField(max_length=80)
    title = models.CharField(max_length=200)
    why = models.TextField(blank=True)
    role = models.CharField(max_length=80)
    commands = models.JSONField(default=list)
    allowed_seconds = models.PositiveIntegerField(null=True)
    due_at = models.DateTimeField(null=True)
    state = models.CharField(
        max_length=11,
        choices=[(one.value, one.value.replace("_", " ")) for one in CardState],
        default=CardState.OPEN.value,
    )
    handed_to = models.CharField(max_length=80, blank=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=120, blank=True)
    note = models.TextField(blank=True)

    objects = CardQuerySet.as_manager()

    class Meta:
        ordering = ["run", "number"]
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="card_number_is_given_once"),
            models.UniqueConstraint(fields=["run", "step_id"], name="card_is_of_one_step"),
            models.CheckConstraint(
                condition=Q(state__in=WAITING_STATES, done_at=None, done_by="")
                | Q(state__in=["done", "cannot"], done_at__isnull=False) & ~Q(done_by=""),
                name="card_end_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="cannot") | ~Q(note=""), name="card_cannot_has_a_reason"
            ),
            models.CheckConstraint(
                condition=~Q(state="handed_over") | ~Q(handed_to=""),
                name="card_handed_over_names_to_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"

    @property
    def owner(self) -> str:
        """Return the role of the runbook that has it now."""
        return self.handed_to or self.role
