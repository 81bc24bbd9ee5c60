"""Who has which role in an incident, now and before."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from governance.models import Governed
from incidents.domain.roles import TITLES, IncidentRole
from incidents.models.incident import Incident


class RoleAssignment(Governed):
    """A role from ``since`` until ``ended_at``; without a person it is explicitly empty.

    ``summary`` is what was said when it was handed on.
    """

    site_path = "incident__site_id"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="roles")
    role = models.CharField(
        max_length=15, choices=[(one.value, TITLES[one]) for one in IncidentRole]
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    summary = models.TextField(blank=True)
    since = models.DateTimeField()
    set_by = models.CharField(max_length=120)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["incident", "role", "-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "role"],
                condition=Q(ended_at=None),
                name="role_is_held_once",
            ),
            models.CheckConstraint(
                condition=Q(role__in=[one.value for one in IncidentRole]), name="role_is_known"
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=False) | ~Q(summary=""), name="role_empty_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.incident_id}"
