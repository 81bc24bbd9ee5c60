"""Retention rules and exemptions on the board."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from catalog.actions import exempting, retaining
from catalog.models import Exemption, RetentionRule
from catalog.permissions import Act
from governance.board import GovernedAdmin, when, who


@admin.register(RetentionRule)
class RetentionRuleAdmin(GovernedAdmin[RetentionRule]):
    """A rule is stated on assets from their coverage page."""

    read_act, write_act = Act.RETENTION_READ, Act.RETENTION_WRITE
    list_display = ["name", "slug", "days", "basis"]
    search_fields = ["name", "slug", "basis"]
    fields = ["slug", "name", "days", "basis"]

    def get_readonly_fields(
        self, request: HttpRequest, obj: RetentionRule | None = None
    ) -> list[str]:
        return ["slug"] if obj else []

    def create(
        self, request: HttpRequest, obj: RetentionRule, data: dict[str, Any]
    ) -> RetentionRule:
        return retaining.define(**data, by=who(request), at=when(request))

    def change(
        self, request: HttpRequest, obj: RetentionRule, data: dict[str, Any]
    ) -> RetentionRule:
        return retaining.change(obj, **data, by=who(request), at=when(request))


@admin.register(Exemption)
class ExemptionAdmin(GovernedAdmin[Exemption]):
    """Given with a reason and an end; ended early with a reason."""

    read_act, write_act = Act.EXEMPTION_READ, Act.EXEMPTION_GIVE
    list_display = ["asset", "reason", "actor", "given_at", "expires_at", "ended_at"]
    list_filter = ["asset__system"]
    list_select_related = ["asset"]
    search_fields = ["asset__fqn", "reason"]
    autocomplete_fields = ["asset"]
    fields = ["asset", "reason", "expires_at"]
    actions = ["end"]

    def create(self, request: HttpRequest, obj: Exemption, data: dict[str, Any]) -> Exemption:
        return exempting.exempt(**data, by=who(request), at=when(request))

    @admin.action(description="End now; the asset counts again")
    def end(self, request: HttpRequest, rows: QuerySet[Exemption]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: exempting.end(row, reason=why, by=who(request), at=when(request)),
            "exemptions ended",
        )
