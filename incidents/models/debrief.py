"""Debriefs: what happened, what it came from, what helped, what surprised."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from governance.models import Governed
from incidents.models.incident import Incident


class Debrief(Governed):
    """The debrief of one incident. ``facts`` were filled in when it was opened, for correction.

    Whoever facilitates it did not command; once held it is not written any more.
    """

    site_path = "incident__site_id"

    incident = models.OneToOneField(Incident, on_delete=models.PROTECT, related_name="debrief")
    facilitator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="facilitated_debriefs"
    )
    due_at = models.DateTimeField(null=True)
    facts = models.TextField()
    factors = models.TextField(blank=True)
    helped = models.TextField(blank=True)
    surprises = models.TextField(blank=True)
    attended = models.TextField(blank=True)
    opened_by = models.CharField(max_length=120)
    opened_at = models.DateTimeField()
    held_by = models.CharField(max_length=120, blank=True)
    held_at = models.DateTimeField(null=True)
    lock_version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-opened_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(held_at=None, held_by="") | Q(held_at__isnull=False) & ~Q(held_by=""),
                name="debrief_held_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(held_at=None) | ~Q(factors="") & ~Q(helped="") & ~Q(surprises=""),
                name="debrief_held_answers_its_questions",
            ),
        ]

    def __str__(self) -> str:
        return f"debrief of {self.incident_id}"
