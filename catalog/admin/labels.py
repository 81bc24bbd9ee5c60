"""Proposed labels on the board: decided many at once, with a reason, in one act."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from catalog.actions import classifying
from catalog.models import LabelAssertion
from catalog.permissions import Act
from governance.board import GovernedAdmin, when, who
from governance.errors import WardroomError


@admin.register(LabelAssertion)
class LabelAssertionAdmin(GovernedAdmin[LabelAssertion]):
    read_act = Act.LABEL_READ
    list_display = [
        "asset",
        "category",
        "level",
        "source",
        "confidence",
        "evidence",
        "status",
        "actor",
        "decided_at",
    ]
    list_filter = ["status", "level", "source", "asset__system"]
    list_select_related = ["asset"]
    search_fields = ["asset__fqn", "category"]
    actions = ["accept", "reject"]

    @admin.action(description="Accept")
    def accept(self, request: HttpRequest, rows: QuerySet[LabelAssertion]) -> None:
        self._decide(request, rows, accept=True)

    @admin.action(description="Reject; what has no other label becomes internal")
    def reject(self, request: HttpRequest, rows: QuerySet[LabelAssertion]) -> None:
        self._decide(request, rows, accept=False)

    def _decide(
        self, request: HttpRequest, rows: QuerySet[LabelAssertion], *, accept: bool
    ) -> None:
        """One act for all: either every chosen proposal is decided or none."""
        try:
            count = classifying.decide(
                rows,
                accept=accept,
                reason=request.POST.get("reason", "").strip()[:300],
                by=who(request),
                at=when(request),
            )
        except WardroomError as error:
            self.message_user(request, f"Nothing was changed. {error.detail}", messages.ERROR)
        else:
            self.message_user(request, f"{count} labels {'accepted' if accept else 'rejected'}.")
