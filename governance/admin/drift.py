"""Drift on the board: findings and answers, accounts, separation of duties."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from governance import access
from governance.actions import answering_drift, reporting_drift, revoking
from governance.admin.drift_filters import Standing
from governance.board import GovernedAdmin, when, who
from governance.domain.drift import Kind
from governance.errors import WardroomError
from governance.models import (
    DriftFinding,
    DriftState,
    PrincipalAlias,
    SodRule,
    User,
)
from governance.permissions import Act

ACCEPTED_DAYS = 30
ADOPTED_DAYS = 90


@admin.register(DriftFinding)
class DriftFindingAdmin(GovernedAdmin[DriftFinding]):
    """A finding closes itself when the next look into the system shows it gone."""

    read_act = Act.DRIFT_READ
    list_display = ["name", "what", "system", "stands", "due"]
    list_filter = [Standing, "kind", "severity", "system"]
    ordering = ["due_at", "id"]
    list_select_related = ["system"]
    search_fields = ["principal", "scope", "identity"]
    actions = ["accept", "adopt", "draft_revocation", "close"]
    change_form_outer_before_template = "governance/board/look_into.html"

    class Media:
        css = {"all": ["board.css"]}

    @admin.display(description="Kind", ordering="kind")
    def name(self, row: DriftFinding) -> str:
        """Return the kind in words, with how soon it needs somebody."""
        return format_html("{}<br><small>{}</small>", row.get_kind_display(), row.severity)

    @admin.display(description="Who has what", ordering="principal")
    def what(self, row: DriftFinding) -> str:
        """Return who has which right where, and by which path."""
        right = f"{row.entitlement} on {row.scope}" if row.scope else row.entitlement
        said = ": ".join(filter(None, (row.principal, right)))
        path = "" if row.via in ("", "direct") else row.via
        return format_html('<span class="drift-what">{}<small>{}</small></span>', said, path)

    @admin.display(description="State", ordering="state")
    def stands(self, row: DriftFinding) -> str:
        """Return the state in words, and until when an acceptance lasts."""
        if row.accepted_until:
            return f"Accepted to {row.accepted_until:%b %-d}"
        return row.get_state_display()

    @admin.display(description="Due, UTC", ordering="due_at")
    def due(self, row: DriftFinding) -> str:
        """Return by when an open one needs a decision."""
        if row.due_at is None or row.state != DriftState.OPEN:
            return "–"
        is_late = row.due_at < timezone.now()
        text = f"{row.due_at:%b %-d, %H:%M}"
        return format_html(
            '<span class="{}">{}</span>', "drift-due late" if is_late else "drift-due", text
        )

    def get_urls(self) -> list[URLPattern]:
        """Add the address that the form of a reported finding is sent to."""
        view = self.admin_site.admin_view(require_POST(self.look_into))
        own = path("<int:key>/close/", view, name="governance_driftfinding_close")
        return [own, *super().get_urls()]

    def look_into(self, request: HttpRequest, key: int) -> HttpResponse:
        """Close one finding with what came of it, then show it again."""
        row = self.get_object(request, str(key))
        if row is None:
            raise Http404
        self.close(request, DriftFinding.objects.filter(pk=row.pk))
        return redirect("admin:governance_driftfinding_change", row.pk)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the finding; one that was reported with what to do about it."""
        row = self.get_object(request, object_id)
        more = {"looking": self._looking(request, row) if row else None}
        answer: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **more}
        )
        return answer

    def _looking(self, request: HttpRequest, row: DriftFinding) -> dict[str, object] | None:
        if row.kind != Kind.REPORTED or row.state == DriftState.CLOSED:
            return None
        return {
            "url": reverse("admin:governance_driftfinding_close", args=[row.pk]),
            "system": f"/admin/governance/governedsystem/{row.system_id}/drift/",
            "may": access.allows(who(request), Act.DRIFT_CLOSE, row, at=when(request)),
        }

    @admin.action(description=f"Accept for {ACCEPTED_DAYS} days")
    def accept(self, request: HttpRequest, rows: QuerySet[DriftFinding]) -> None:
        at = when(request)
        until = at + timedelta(days=ACCEPTED_DAYS)
        self.each(
            request,
            rows,
            lambda row, why: answering_drift.accept(
                row, until=until, reason=why, by=who(request), at=at
            ),
            f"accepted until {until:%b %d}",
        )

    @admin.action(description="Ask to have it approved")
    def adopt(self, request: HttpRequest, rows: QuerySet[DriftFinding]) -> None:
        assert isinstance(request.user, User)
        asks = request.user
        self.each(
            request,
            rows,
            lambda row, why: answering_drift.adopt(
                row,
                requester=asks,
                days=ADOPTED_DAYS,
                purpose=why,
                by=who(request),
                at=when(request),
            ),
            "access requests filed",
        )

    @admin.action(description="Draft the SQL that revokes them")
    def draft_revocation(self, request: HttpRequest, rows: QuerySet[DriftFinding]) -> None:
        try:
            plan = revoking.draft(
                list(rows.select_related("system")),
                reason=request.POST.get("reason", "").strip(),
                by=who(request),
                at=when(request),
            )
        except WardroomError as error:
            self.message_user(request, error.detail, messages.ERROR)
        else:
            self.message_user(request, f"Drafted: {plan}. Somebody else has to approve it.")

    @admin.action(description="Close what was reported: looked into")
    def close(self, request: HttpRequest, rows: QuerySet[DriftFinding]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: reporting_drift.close(
                row, reason=why, by=who(request), at=when(request)
            ),
            "closed",
        )


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
