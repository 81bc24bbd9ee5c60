"""Every access that was ever reviewed, on the board; several are decided together here."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from governance.actions import certifying
from governance.actions.certifying import Answer
from governance.admin.request_filters import Below
from governance.admin.review_filters import Answered
from governance.board import GovernedAdmin, when, who
from governance.domain.access_review import Verdict
from governance.errors import WardroomError
from governance.models import AccessReviewItem
from governance.permissions import Act


@admin.register(AccessReviewItem)
class AccessReviewItemAdmin(GovernedAdmin[AccessReviewItem]):
    """Every access that was ever asked about, with what was answered."""

    read_act = Act.REVIEW_ITEM_READ
    list_display = [
        *("principal", "action", "asset_group", "system", "level", "via", "last_used"),
        *("reviewer", "verdict", "decided_at", "reason", "lapse", "verified_at"),
    ]
    list_filter = [Answered, Below, "verdict", "lapse", "level", "origin", "review"]
    list_select_related = ["system", "reviewer", "review__site"]
    search_fields = ["principal", "asset_group", "reason"]
    actions = ["keep", "revoke"]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Let the figure lead to its records."""
        return lookup.startswith("review__due_at__") or super().lookup_allowed(
            lookup, value, request
        )

    @admin.action(description="Keep all chosen")
    def keep(self, request: HttpRequest, rows: QuerySet[AccessReviewItem]) -> None:
        self._together(request, rows, Verdict.KEEP)

    @admin.action(description="Revoke all chosen")
    def revoke(self, request: HttpRequest, rows: QuerySet[AccessReviewItem]) -> None:
        self._together(request, rows, Verdict.REVOKE)

    def _together(
        self, request: HttpRequest, rows: QuerySet[AccessReviewItem], verdict: Verdict
    ) -> None:
        """Decide about all of them or none, with one reason; it counts as decided in bulk."""
        answer = Answer(verdict, request.POST.get("reason", ""))
        chosen = rows.select_related("review__site", "system__site", "reviewer").order_by("pk")
        try:
            count = certifying.decide_together(chosen, answer, by=who(request), at=when(request))
        except WardroomError as error:
            self.message_user(request, f"Nothing was decided. {error.detail}", messages.ERROR)
        else:
            self.message_user(request, f"{count:,} decided: {verdict}.")
