"""Drift on the board: whose an account is, and which duties are kept apart."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from governance.actions import answering_drift
from governance.board import GovernedAdmin, when, who
from governance.models import PrincipalAlias, SodRule
from governance.permissions import Act


@admin.register(PrincipalAlias)
class PrincipalAliasAdmin(GovernedAdmin[PrincipalAlias]):
    """Whose an account is; from the first one on, the others of a system are orphans."""

    read_act, write_act = Act.ALIAS_READ, Act.ALIAS_CHANGE
    fields = ["system", "principal", "user", "purpose", "is_seldom_used"]
    list_display = ["principal", "system", "user", "purpose", "is_seldom_used"]
    list_filter = ["system"]
    list_select_related = ["system", "user"]
    search_fields = ["principal"]

    def create(
        self, request: HttpRequest, obj: PrincipalAlias, data: dict[str, Any]
    ) -> PrincipalAlias:
        return answering_drift.name_principal(**data, by=who(request), at=when(request))

    def get_readonly_fields(
        self, request: HttpRequest, obj: PrincipalAlias | None = None
    ) -> list[str]:
        return ["system", "principal"] if obj else []

    def change(
        self, request: HttpRequest, obj: PrincipalAlias, data: dict[str, Any]
    ) -> PrincipalAlias:
        return answering_drift.name_principal(
            system=obj.system, principal=obj.principal, **data, by=who(request), at=when(request)
        )


@admin.register(SodRule)
class SodRuleAdmin(GovernedAdmin[SodRule]):
    """Two rights that one person must not hold together; an empty system or scope means any."""

    read_act, write_act = Act.SOD_READ, Act.SOD_CHANGE
    list_display = ["slug", "left_entitlement", "right_entitlement", "reason", "is_active"]
    list_filter = ["is_active"]

    def create(self, request: HttpRequest, obj: SodRule, data: dict[str, Any]) -> SodRule:
        return answering_drift.separate(obj, by=who(request), at=when(request))

    def change(self, request: HttpRequest, obj: SodRule, data: dict[str, Any]) -> SodRule:
        return answering_drift.separate(obj, by=who(request), at=when(request))
