"""Governed systems on the board."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminPasswordWidget

from governance.actions import drifting, systems
from governance.board import GovernedAdmin, when, who
from governance.models import GovernedSystem
from governance.permissions import Act


class SystemForm(forms.ModelForm):  # type: ignore[type-arg]
    """The connection string is asked for, and never shown again."""

    dsn = forms.CharField(
        label="Connection string",
        help_text="As in postgresql://reader:…@host:5432/database. Stored encrypted.",
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}),
        max_length=2000,
    )

    class Meta:
        model = GovernedSystem
        fields = ["name", "slug", "kind", "site"]


@admin.register(GovernedSystem)
class SystemAdmin(GovernedAdmin[GovernedSystem]):
    read_act, write_act = Act.SYSTEM_READ, Act.SYSTEM_CHANGE
    form = SystemForm
    list_display = ["name", "slug", "kind", "site", "address", "is_scheduled"]
    list_filter = ["kind", "site"]
    list_select_related = ["site"]
    search_fields = ["name", "slug"]
    fields = ["name", "slug", "kind", "site", "dsn"]
    actions = ["compare"]

    def has_change_permission(
        self, request: HttpRequest, obj: GovernedSystem | None = None
    ) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: GovernedSystem | None = None) -> list[str]:
        return [*self.fields[:-1], "address", "is_scheduled"] if obj else list(self.fields)

    def create(
        self, request: HttpRequest, obj: GovernedSystem, data: dict[str, Any]
    ) -> GovernedSystem:
        return systems.register(**data, by=who(request), at=when(request))

    @admin.action(description="Compare grants now")
    def compare(self, request: HttpRequest, rows: QuerySet[GovernedSystem]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: drifting.put_off(row, by=who(request), at=when(request), reason=why),
            "comparisons put off; the result shows under drift",
        )
