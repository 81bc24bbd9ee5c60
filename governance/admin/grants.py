"""Grants on the board: how each stands, and ending, resting or resuming it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils import timezone

from governance.actions import granting
from governance.admin import who_reaches
from governance.board import GovernedAdmin, when, who
from governance.domain.grants import Standing as State
from governance.models import Grant
from governance.models.grant import GrantQuerySet
from governance.permissions import Act


class Standing(admin.SimpleListFilter):
    """The states, which follow from the instants of a grant."""

    title = "state"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state.value, state.value.title()) for state in State]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Grant]) -> QuerySet[Grant] | None:
        value = self.value()
        if value not in list(State) or not isinstance(queryset, GrantQuerySet):
            return None
        return queryset.standing(State(value), when(request))


@admin.register(Grant)
class GrantAdmin(GovernedAdmin[Grant]):
    read_act = Act.GRANT_READ
    list_display = ["__str__", "system", "grantee", "stands", "origin", "valid_from", "valid_to"]
    list_filter = [Standing, "system", "origin", "level"]
    list_select_related = ["system", "grantee"]
    search_fields = ["principal", "scope", "case"]
    fields = (
        *("case", "stands", "system", "grantee", "principal", "entitlement", "scope", "level"),
        *("resource", "act", "valid_from", "valid_to", "origin", "request", "approved_by"),
        *("reason", "suspended_at", "suspended_by", "revoked_at", "revoked_by"),
    )
    readonly_fields = ("stands",)
    actions = ["revoke", "suspend", "resume"]

    def get_urls(self) -> list[URLPattern]:
        """Add the page of one record: who reaches it, and by which path."""
        page = self.admin_site.admin_view(who_reaches.page)
        return [path("who/", page, name="governance_grant_who"), *super().get_urls()]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Let a review lead to what was given at its site since."""
        return lookup == "system__site" or super().lookup_allowed(lookup, value, request)

    @admin.display(description="State")
    def stands(self, row: Grant) -> str:
        """Return the state now: a page shows it at its own instant."""
        return row.standing(timezone.now()).value

    @admin.action(description="Revoke now")
    def revoke(self, request: HttpRequest, rows: QuerySet[Grant]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: granting.revoke(row, by=who(request), at=when(request), reason=why),
            "grants revoked",
        )

    @admin.action(description="Suspend until resumed")
    def suspend(self, request: HttpRequest, rows: QuerySet[Grant]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: granting.suspend(row, by=who(request), at=when(request), reason=why),
            "grants suspended",
        )

    @admin.action(description="Resume")
    def resume(self, request: HttpRequest, rows: QuerySet[Grant]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: granting.resume(row, by=who(request), at=when(request), reason=why),
            "grants resumed",
        )
