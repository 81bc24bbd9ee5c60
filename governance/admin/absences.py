"""Absences on the board: who is away until when, and who stands in."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from governance.actions import absences
from governance.board import GovernedAdmin, when, who
from governance.models import Absence, User
from governance.permissions import Act


@admin.register(Absence)
class AbsenceAdmin(GovernedAdmin[Absence]):
    read_act, write_act = Act.ABSENCE_READ, Act.ABSENCE_DECLARE
    list_display = ["user", "deputy", "site", "since", "until", "withdrawn_at"]
    list_filter = ["site"]
    list_select_related = ["user", "deputy", "site"]
    search_fields = ["user__name", "deputy__name"]
    fields = ["user", "deputy", "site", "since", "until"]
    actions = ["withdraw"]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Offer people of ours whose account is active."""
        if db_field.name in ("user", "deputy"):
            options["queryset"] = User.objects.filter(kind="person", is_active=True, party="")
        return super().formfield_for_foreignkey(db_field, request, **options)

    def create(self, request: HttpRequest, obj: Absence, data: dict[str, Any]) -> Absence:
        return absences.declare(**data, by=who(request), at=when(request))

    @admin.action(description="Withdraw: they decide again")
    def withdraw(self, request: HttpRequest, rows: QuerySet[Absence]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: absences.withdraw(row, by=who(request), at=when(request), reason=why),
            "absences withdrawn",
        )
