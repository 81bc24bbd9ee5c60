"""Revocation plans on the board: read, approved by another, run, and how the last run ended."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from governance import access
from governance.actions import revoking
from governance.board import GovernedAdmin, when, who
from governance.errors import BadInput, WardroomError
from governance.models import RevocationPlan
from governance.permissions import Act
from governance.queries import names

_COLUMNS = {"drafter": "drafted_by", "approver": "approved_by", "runner": "applied_by"}
_SHOWN = [
    *("system", "reason", "sql", "drafter", "drafted_at", "approver", "approved_at"),
    *("runner", "applied_at", "failed_at", "failure"),
]


@admin.register(RevocationPlan)
class RevocationPlanAdmin(GovernedAdmin[RevocationPlan]):
    """Its page shows the SQL; it is run as it stands, or by hand, and never by itself."""

    read_act = Act.REVOCATION_READ
    list_display = ["__str__", "reason", "drafter", "approver", "applied_at", "failed_at"]
    list_filter = ["system"]
    list_select_related = ["system"]
    actions = ["approve", "apply"]
    change_form_outer_before_template = "governance/board/plan.html"

    class Media:
        css = {"all": ["board.css"]}

    def get_fields(self, request: HttpRequest, obj: RevocationPlan | None = None) -> list[str]:
        # What is not there yet is left out: a dash would not say why.
        return [
            name
            for name in _SHOWN
            if name == "sql" or getattr(obj, _COLUMNS.get(name, name)) not in (None, "")
        ]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer what this person may do somewhere, and nothing else."""
        acts = {"approve": Act.REVOCATION_APPROVE, "apply": Act.REVOCATION_APPLY}
        found: dict[str, Any] = super().get_actions(request)
        return self.offered(request, found, acts)

    @admin.display(description="SQL, one statement a line, as it will be run")
    def sql(self, plan: RevocationPlan) -> str:
        """Return the statements as they stand."""
        return format_html("<pre>{}</pre>", plan.statements)

    @admin.display(description="Drafted by", ordering="drafted_by")
    def drafter(self, plan: RevocationPlan) -> str:
        """Return who drafted it, by name."""
        return names.name(plan.drafted_by)

    @admin.display(description="Approved by", ordering="approved_by")
    def approver(self, plan: RevocationPlan) -> str:
        """Return who approved it, by name."""
        return names.name(plan.approved_by)

    @admin.display(description="Run by", ordering="applied_by")
    def runner(self, plan: RevocationPlan) -> str:
        """Return who ran it, by name."""
        return names.name(plan.applied_by)

    def get_urls(self) -> list[URLPattern]:
        """Add the address that a step on a plan's page is sent to."""
        view = self.admin_site.admin_view(require_POST(self.step))
        own = path("<int:key>/step/", view, name="governance_revocationplan_step")
        return [own, *super().get_urls()]

    def step(self, request: HttpRequest, key: int) -> HttpResponse:
        """Approve or run one plan, say what came of it, and show it again."""
        row = self.get_object(request, str(key))
        if row is None:
            raise Http404
        steps = {
            "approve": (revoking.approve, "Approved: it can be run now."),
            "run": (revoking.apply, "Run, and the new look shows nothing of it any more."),
        }
        step = steps.get(request.POST.get("step", ""))
        if step is None:
            raise BadInput("step is approve or run", pointer="/step")
        act, done = step
        try:
            act(row, by=who(request), at=when(request))
        except WardroomError as error:
            self.message_user(request, error.detail, messages.ERROR)
        else:
            row.refresh_from_db()
            standing = row.findings.lasting().exists()
            is_seen = row.applied_at is None or not standing
            self.message_user(request, done if is_seen else "Run. The new look is not believed.")
        return redirect("admin:governance_revocationplan_change", row.pk)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the plan, what it takes away, and the next step for whoever may take it."""
        row = self.get_object(request, object_id)
        more = {"planned": self._planned(request, row) if row else None}
        answer: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **more}
        )
        return answer

    def _planned(self, request: HttpRequest, row: RevocationPlan) -> dict[str, Any]:
        by, at = who(request), when(request)
        return {
            "findings": row.findings.order_by("principal", "scope", "entitlement"),
            "standing": row.findings.lasting().exists(),
            "drafter": names.name(row.drafted_by),
            "is_own": by.ref == row.drafted_by,
            "may_approve": access.allows(by, Act.REVOCATION_APPROVE, row, at=at),
            "may_run": access.allows(by, Act.REVOCATION_APPLY, row, at=at),
        }

    @admin.action(description="Approve the SQL as it stands")
    def approve(self, request: HttpRequest, rows: QuerySet[RevocationPlan]) -> None:
        self.each(
            request,
            rows,
            lambda row, _why: revoking.approve(row, by=who(request), at=when(request)),
            "approved",
        )

    @admin.action(description="Run the approved SQL, and look again")
    def apply(self, request: HttpRequest, rows: QuerySet[RevocationPlan]) -> None:
        self.each(
            request,
            rows,
            lambda row, _why: revoking.apply(row, by=who(request), at=when(request)),
            "run in their systems",
        )
