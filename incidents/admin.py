"""Incidents on the board: to look things up; the work is done in the room."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html

from governance.board import GovernedAdmin
from incidents.models import Incident
from incidents.permissions import Act


@admin.register(Incident)
class IncidentAdmin(GovernedAdmin[Incident]):
    """All incidents, with a link into each room."""

    read_act = Act.INCIDENT_READ
    list_display = [
        "called",
        "title",
        "severity",
        "phase",
        "kind",
        "site",
        "commander",
        "declared_at",
        "closed_at",
    ]
    list_filter = ["phase", "severity", "kind", "site"]
    list_select_related = ["site", "commander"]
    search_fields = ["title", "number"]
    exclude = ["ending", "lock_version"]

    @admin.display(description="Room", ordering="-number")
    def called(self, row: Incident) -> str:
        """Return the reference, as a link to the room."""
        return format_html(
            '<a href="{}">{}</a>', reverse("incidents:room", args=[row.reference]), row.reference
        )
