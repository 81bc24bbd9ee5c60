"""Findings on the board, for reading only: they open and end by themselves."""

from django.contrib import admin

from governance.board import GovernedAdmin
from partners.models import Finding
from partners.permissions import Act


@admin.register(Finding)
class FindingAdmin(GovernedAdmin[Finding]):
    read_act = Act.FINDING_READ
    list_display = ["vulnerability", "component", "product", "band", "state", "due_at", "why"]
    list_filter = ["state", "band", "product__partner"]
    list_select_related = ["vulnerability", "component", "product__partner"]
    search_fields = ["=vulnerability__name", "component__name"]
