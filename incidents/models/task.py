"""Tasks that no runbook has: asked of a role in the timeline."""

from django.db import models
from django.db.models import Q

from governance.models import Governed
from incidents.models.incident import Incident


class Task(Governed):
    """Something to do for a role of the runbooks; done once, by somebody."""

    site_path = "incident__site_id"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="tasks")
    role = models.CharField(max_length=80)
    text = models.CharField(max_length=500)
    asked_by = models.CharField(max_length=120)
    asked_at = models.DateTimeField()
    done_by = models.CharField(max_length=120, blank=True)
    done_at = models.DateTimeField(null=True)
    outcome = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="task_says_what"),
            models.CheckConstraint(
                condition=Q(done_at=None, done_by="") | Q(done_at__isnull=False) & ~Q(done_by=""),
                name="task_done_has_who_and_when",
            ),
        ]

    def __str__(self) -> str:
        return self.text
