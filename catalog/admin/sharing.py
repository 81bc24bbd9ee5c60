"""Sharing rules on the board, and parties outside chosen by name."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from catalog.actions import sharing
from catalog.admin.parties import party_column, party_field
from catalog.models import SharingRule
from catalog.permissions import Act
from governance.board import GovernedAdmin, when, who


@admin.register(SharingRule)
class SharingRuleAdmin(GovernedAdmin[SharingRule]):
    """Agreed with an end; ended early with a reason, never rewritten."""

    read_act, write_act = Act.SHARING_READ, Act.SHARING_AGREE
    list_display = ["what", "purpose", "level", "keep_days", "valid_from", "valid_to"]
    search_fields = ["what", "purpose", "party_ref"]
    autocomplete_fields = ["assets"]
    fields = [
        "party_ref", "what", "purpose", "assets", "level", "keep_days", "valid_from", "valid_to",
    ]  # fmt: skip
    actions = ["end"]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [party_column(request), *self.list_display]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "party_ref":
            return party_field(request, is_required=True)
        return super().formfield_for_dbfield(db_field, request, **options)

    def has_change_permission(self, request: HttpRequest, obj: SharingRule | None = None) -> bool:
        return False

    def create(self, request: HttpRequest, obj: SharingRule, data: dict[str, Any]) -> SharingRule:
        return sharing.agree(**data, by=who(request), at=when(request))

    @admin.action(description="End now")
    def end(self, request: HttpRequest, rows: QuerySet[SharingRule]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: sharing.end(row, by=who(request), at=when(request), reason=why),
            "sharing rules ended",
        )
