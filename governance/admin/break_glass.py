"""Opened seals on the board: reviewed by somebody else, or overridden in an emergency."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from governance import access
from governance.actions import breaking_glass
from governance.board import GovernedAdmin, when, who
from governance.errors import BadInput
from governance.models import Activation
from governance.models.break_glass import OVERRIDE_LASTS, ReviewOutcome
from governance.permissions import Act


@admin.register(Activation)
class ActivationAdmin(GovernedAdmin[Activation]):
    read_act = Act.BREAK_GLASS_READ
    list_display = ["sealed", "user", "reason", "activated_at", "review_due_at", "stands"]
    list_filter = ["outcome", "sealed"]
    list_select_related = ["sealed", "user"]
    search_fields = ["user__name", "reason", "case"]
    actions = ["justified", "misused", "override"]
    change_form_outer_before_template = "governance/board/review_seal.html"

    @admin.display(description="Review", ordering="review_due_at")
    def stands(self, row: Activation) -> str:
        """Return how the review stands, at the instant of the page."""
        at = timezone.now()
        if row.reviewed_at is not None:
            return row.get_outcome_display()
        if row.review_due_at >= at:
            return "waits for its review"
        if row.overridden_at is not None and row.overridden_at > at - OVERRIDE_LASTS:
            return f"overdue, overridden until {row.overridden_at + OVERRIDE_LASTS:%H:%M} UTC"
        return format_html('<span class="board-late">{}</span>', "overdue, bars another opening")

    class Media:
        css = {"all": ["board.css"]}

    def get_fields(self, request: HttpRequest, obj: Activation | None = None) -> list[str]:
        """Return what happened; how it was judged stands above, in words."""
        return ["sealed", "user", "reason", "activated_at", "review_due_at", "grant", "case"]

    def get_urls(self) -> list[URLPattern]:
        """Add the address that a review on the object page is sent to."""
        decide = self.admin_site.admin_view(require_POST(self.decide))
        own = path("<path:object_id>/review/", decide, name="governance_activation_review")
        return [own, *super().get_urls()]

    def decide(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Review one opening, or override its overdue review, with the reason given."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        verdicts = {
            "justified": self.justified,
            "misused": self.misused,
            "override": self.override,
        }
        verdict = verdicts.get(request.POST.get("decision", ""))
        if verdict is None:
            raise BadInput("decision is justified, misused or override", pointer="/decision")
        verdict(request, Activation.objects.filter(pk=row.pk))
        return redirect("admin:governance_activation_change", row.pk)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the opening, how its review stands, and the review for whoever may hold it."""
        row = self.get_object(request, object_id)
        more = {"review": self._reviewing(request, row) if row else None}
        answer: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **more}
        )
        return answer

    def _reviewing(self, request: HttpRequest, row: Activation) -> dict[str, Any]:
        by, at = who(request), when(request)
        is_own = by.ref == row.user.as_actor().ref
        bars = Activation.objects.filter(pk=row.pk).barring(at).exists()
        return {
            "is_own": is_own,
            "is_overdue": row.reviewed_at is None and row.review_due_at < at,
            "may_review": not is_own and access.allows(by, Act.BREAK_GLASS_REVIEW, row, at=at),
            "may_override": bars
            and not is_own
            and access.allows(by, Act.BREAK_GLASS_OVERRIDE, row, at=at),
            "url": reverse("admin:governance_activation_review", args=[row.pk]),
        }

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
