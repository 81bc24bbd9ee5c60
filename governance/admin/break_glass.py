"""Sealed access on the board: opened with a reason in one step, reviewed by somebody else."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from governance.actions import breaking_glass
from governance.board import GovernedAdmin, when, who
from governance.models import Activation, SealedAccess, User
from governance.models.break_glass import ReviewOutcome
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


@admin.register(Activation)
class ActivationAdmin(GovernedAdmin[Activation]):
    read_act = Act.BREAK_GLASS_READ
    list_display = ["sealed", "user", "reason", "activated_at", "review_due_at", "outcome"]
    list_filter = ["outcome", "sealed"]
    list_select_related = ["sealed", "user"]
    search_fields = ["user__name", "reason", "case"]
    actions = ["justified", "misused", "override"]

    def _review(
        self, request: HttpRequest, rows: QuerySet[Activation], outcome: ReviewOutcome
    ) -> None:
        self.each(
            request,
            rows,
            lambda row, why: breaking_glass.review(
                row, outcome=outcome, text=why, by=who(request), at=when(request)
            ),
            "openings reviewed",
        )

    @admin.action(description="Reviewed: justified")
    def justified(self, request: HttpRequest, rows: QuerySet[Activation]) -> None:
        self._review(request, rows, ReviewOutcome.JUSTIFIED)

    @admin.action(description="Reviewed: not justified, end it")
    def misused(self, request: HttpRequest, rows: QuerySet[Activation]) -> None:
        self._review(request, rows, ReviewOutcome.MISUSED)

    @admin.action(description="Overdue review: let them open a seal for 4 hours all the same")
    def override(self, request: HttpRequest, rows: QuerySet[Activation]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: breaking_glass.override(
                row, by=who(request), at=when(request), reason=why
            ),
            "overdue reviews overridden for 4 hours",
        )
