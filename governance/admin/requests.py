"""Access requests and grants on the board."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from governance.actions import granting, requesting
from governance.board import GovernedAdmin, when, who
from governance.models import AccessRequest, Grant
from governance.permissions import Act


@admin.register(AccessRequest)
class AccessRequestAdmin(GovernedAdmin[AccessRequest]):
    """Open ones first, soonest due on top; decided with a reason, many at once."""

    read_act = Act.REQUEST_READ
    list_display = ["__str__", "system", "requester", "purpose", "state", "due_at", "decided_at"]
    list_filter = ["state", "system"]
    # Waiting ones on top: no other state comes after "open" in the alphabet.
    ordering = ["-state", "due_at"]
    list_select_related = ["system", "requester"]
    search_fields = ["principal", "scope", "purpose"]
    actions = ["approve", "deny"]

    @admin.action(description="Approve for the days asked")
    def approve(self, request: HttpRequest, rows: QuerySet[AccessRequest]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: requesting.approve(row, by=who(request), at=when(request), reason=why),
            "requests approved",
        )

    @admin.action(description="Refuse")
    def deny(self, request: HttpRequest, rows: QuerySet[AccessRequest]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: requesting.deny(row, by=who(request), at=when(request), reason=why),
            "requests refused",
        )


@admin.register(Grant)
class GrantAdmin(GovernedAdmin[Grant]):
    read_act = Act.GRANT_READ
    list_display = ["__str__", "system", "origin", "valid_from", "valid_to", "revoked_at"]
    list_filter = ["system", "origin"]
    list_select_related = ["system"]
    search_fields = ["principal", "scope"]
    actions = ["revoke"]

    @admin.action(description="Revoke now")
    def revoke(self, request: HttpRequest, rows: QuerySet[Grant]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: granting.revoke(row, by=who(request), at=when(request), reason=why),
            "grants revoked",
        )
