"""Sealed access on the board: laid, opened with a reason in one step, withdrawn."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from governance.actions import breaking_glass
from governance.board import GovernedAdmin, when, who
from governance.models import SealedAccess, User
from governance.permissions import Act


@admin.register(SealedAccess)
class SealedAccessAdmin(GovernedAdmin[SealedAccess]):
    read_act, write_act = Act.SEAL_READ, Act.SEAL_LAY
    list_display = ["name", "system", "principal", "entitlement", "scope", "withdrawn_at"]
    list_filter = ["system"]
    list_select_related = ["system"]
    search_fields = ["name", "scope"]
    fields = ["name", "system", "principal", "entitlement", "scope", "resource", "act"]
    actions = ["activate", "withdraw"]

    def create(self, request: HttpRequest, obj: SealedAccess, data: dict[str, Any]) -> SealedAccess:
        return breaking_glass.seal(**data, by=who(request), at=when(request))

    @admin.action(description="Open the seal for 60 minutes")
    def activate(self, request: HttpRequest, rows: QuerySet[SealedAccess]) -> None:
        user = request.user
        assert isinstance(user, User)
        self.each(
            request,
            rows,
            lambda row, why: breaking_glass.activate(
                row, user=user, reason=why, by=who(request), at=when(request)
            ),
            "seals opened; each will be reviewed",
        )

    @admin.action(description="Withdraw the seal")
    def withdraw(self, request: HttpRequest, rows: QuerySet[SealedAccess]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: breaking_glass.withdraw(
                row, by=who(request), at=when(request), reason=why
            ),
            "seals withdrawn",
        )
