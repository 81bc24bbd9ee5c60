"""Harvest runs on the board."""

from django.contrib import admin

from catalog.models import HarvestRun
from catalog.permissions import Act
from governance.board import GovernedAdmin


@admin.register(HarvestRun)
class HarvestRunAdmin(GovernedAdmin[HarvestRun]):
    read_act = Act.HARVEST_READ
    list_display = [
        "system",
        "started_at",
        "new",
        "changed",
        "gone",
        "unchanged",
        "proposed",
        "is_complete",
        "error",
    ]
    list_filter = ["system", "is_complete"]
    list_select_related = ["system"]
