"""Absences: from when until when somebody does not decide, and who does meanwhile."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from governance.models.governed import Governed
from governance.models.people import User
from governance.models.site import Site


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def in_force(self, at: datetime) -> "AbsenceQuerySet":
        """Return those that last at ``at``; the end instant itself lies outside."""
        return self.filter(since__lte=at, until__gt=at, withdrawn_at=None)


class Absence(Governed):
    """Somebody is away from their duties at a site and below; ``deputy`` stands in."""

    site_path = "site_id"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="absences")
    deputy = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="absences")
    since = models.DateTimeField("from")
    until = models.DateTimeField()
    declared_by = models.CharField(max_length=120, editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        ordering = ["-since", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__gt=F("since")), name="absence_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=~Q(deputy=F("user")), name="absence_deputy_is_somebody_else"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} away until {self.until:%Y-%m-%d %H:%M} UTC"
