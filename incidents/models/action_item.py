"""Actions agreed in debriefs, tracked until somebody else has verified them."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from governance.models import Governed
from incidents.domain.learning import ActionKind, ActionState
from incidents.models.incident import Incident
from incidents.models.runbook import RunbookVersion

WAITING = [one.value for one in ActionState if one.is_waiting]


class ActionItemQuerySet(models.QuerySet["ActionItem"]):
    def waiting(self) -> "ActionItemQuerySet":
        """Those whose owner still has to act."""
        return self.filter(state__in=WAITING)

    def overdue(self, on: date) -> "ActionItemQuerySet":
        """Those late on the day ``on``; the last day belongs to the allowed time."""
        return self.waiting().filter(due_on__lt=on)


class ActionItem(Governed):
    """One action; people call it ``INC-2026-0042/3``. ``version`` carries a runbook's change."""

    site_path = "incident__site_id"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="actions")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=9, choices=[(one.value, one.value) for one in ActionKind])
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="incident_actions"
    )
    due_on = models.DateField()
    state = models.CharField(
        max_length=8,
        choices=[(one.value, one.value) for one in ActionState],
        default=ActionState.OPEN.value,
    )
    version = models.ForeignKey(
        RunbookVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="actions"
    )
    outcome = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=120, blank=True)
    proof = models.TextField(blank=True)
    verified_at = models.DateTimeField(null=True)
    verified_by = models.CharField(max_length=120, blank=True)
    reason = models.TextField(blank=True)
    created_by = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    objects = ActionItemQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "id"]
        indexes = [models.Index(fields=["state", "due_on"], name="action_item_by_due")]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "number"], name="action_number_is_given_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[one.value for one in ActionState]),
                name="action_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[one.value for one in ActionKind]),
                name="action_kind_is_known",
            ),
            models.CheckConstraint(condition=~Q(title=""), name="action_has_a_title"),
            models.CheckConstraint(
                condition=~Q(state__in=["done", "verified"])
                | Q(done_at__isnull=False) & ~Q(done_by="") & ~Q(outcome=""),
                name="action_done_has_who_when_and_what",
            ),
            models.CheckConstraint(
                condition=Q(state="verified", verified_at__isnull=False)
                & ~Q(verified_by="")
                & ~Q(proof="")
                & ~Q(verified_by=F("done_by"))
                | ~Q(state="verified") & Q(verified_at=None, verified_by=""),
                name="action_is_verified_by_somebody_else",
            ),
            models.CheckConstraint(
                condition=~Q(state="dropped") | ~Q(reason=""), name="action_dropped_has_a_reason"
            ),
            models.CheckConstraint(
                condition=~Q(kind="runbook")
                | ~Q(state__in=["done", "verified"])
                | Q(version__isnull=False),
                name="action_on_a_runbook_names_its_version",
            ),
        ]

    def __str__(self) -> str:
        return self.title
