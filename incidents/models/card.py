"""Cards: what a run asks of people."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from governance.models import Governed
from incidents.domain.cards import WAITING, CardState
from incidents.domain.engine.states import Question
from incidents.domain.escalation import Told
from incidents.models.run import Run
from incidents.models.step_run import StepRun

WAITING_STATES = [one.value for one in WAITING]


class CardQuerySet(models.QuerySet["Card"]):
    def waiting(self) -> "CardQuerySet":
        return self.filter(state__in=WAITING_STATES)

    def due(self, at: datetime) -> "CardQuerySet":
        """Steps that wait and are past their time; one due at this instant is in time."""
        return self.waiting().filter(due_at__lt=at)


class Card(Governed):
    """What a step asks of a person: to do it, or to say how it goes on.

    It is done by somebody, handed to another role, found impossible, or withdrawn because the
    runbook went another way. ``question`` is empty for work; else ``options`` are its answers
    and ``answer`` the one that was given. ``asks`` names the variables that it fills.
    """

    site_path = "run__incident__site_id"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="cards")
    step_run = models.ForeignKey(StepRun, on_delete=models.CASCADE, null=True, related_name="cards")
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
    question = models.CharField(
        max_length=9,
        choices=[(one.value, one.value) for one in Question],
        blank=True,
        default="",
        db_default="",
    )
    options = models.JSONField(default=list, db_default=[])
    asks = models.JSONField(default=list, db_default=[])
    answer = models.CharField(max_length=80, blank=True, default="", db_default="")
    handed_to = models.CharField(max_length=80, blank=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=120, blank=True)
    note = models.TextField(blank=True)
    told = models.PositiveSmallIntegerField(
        choices=[(one.value, one.name.lower()) for one in Told],
        default=Told.NOBODY.value,
        db_default=Told.NOBODY.value,
    )

    objects = CardQuerySet.as_manager()

    class Meta:
        ordering = ["run", "number"]
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="card_number_is_given_once"),
            models.CheckConstraint(
                condition=Q(state__in=WAITING_STATES, done_at=None, done_by="")
                | Q(state__in=["done", "cannot", "withdrawn"], done_at__isnull=False)
                & ~Q(done_by=""),
                name="card_end_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="cannot") | ~Q(note=""), name="card_cannot_has_a_reason"
            ),
            models.CheckConstraint(
                condition=~Q(state="handed_over") | ~Q(handed_to=""),
                name="card_handed_over_names_to_whom",
            ),
            models.CheckConstraint(
                condition=Q(question__in=[one.value for one in Question]),
                name="card_question_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(question="") | ~Q(answer=""),
                name="card_question_done_has_an_answer",
            ),
            models.CheckConstraint(
                condition=Q(told__in=[one.value for one in Told]), name="card_told_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"

    @property
    def owner(self) -> str:
        """Return the role of the runbook that has it now."""
        return self.handed_to or self.role
