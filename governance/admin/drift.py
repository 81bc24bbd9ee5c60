"""Drift on the board."""

from django.contrib import admin

from governance.board import GovernedAdmin
from governance.models import DriftFinding
from governance.permissions import Act


@admin.register(DriftFinding)
class DriftFindingAdmin(GovernedAdmin[DriftFinding]):
    """A finding closes itself when the next look into the system shows it gone."""

    read_act = Act.DRIFT_READ
    list_display = [
        "kind",
        "severity",
        "principal",
        "entitlement",
        "scope",
        "via",
        "system",
        "state",
        "first_seen_at",
    ]
    list_filter = ["state", "kind", "severity", "system"]
    list_select_related = ["system"]
    search_fields = ["principal", "scope"]
