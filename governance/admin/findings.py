"""Findings of drift on the board: what each means, and what people may answer."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminTextInputWidget

from governance import access
from governance.actions import answering_drift, reporting_drift, revoking
from governance.admin.drift_filters import Standing
from governance.board import GovernedAdmin, ReasonForm, when, who
from governance.domain.drift import ACCESS_KINDS, Kind
from governance.domain.drift_words import MEANINGS
from governance.errors import BadInput, WardroomError
from governance.models import DriftFinding, DriftState, RevocationPlan, User
from governance.permissions import Act
from governance.queries import drift_systems, names

ACCEPTED_DAYS = 30
ADOPTED_DAYS = 90


class UntilForm(forms.Form):
    """Until which day something is accepted."""

    until = forms.DateField(required=False)


class AnswerForm(ReasonForm):
    """Asks why, and for an acceptance until when."""

    until = forms.DateField(
        required=False,
        label=f"Accept until (else {ACCEPTED_DAYS} days)",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
    )


@admin.register(DriftFinding)
class DriftFindingAdmin(GovernedAdmin[DriftFinding]):
    """A finding closes itself when the next look into the system shows it gone."""

    read_act = Act.DRIFT_READ
    list_display = ["name", "what", "system", "stands", "due"]
    list_filter = [Standing, "kind", "severity", "system"]
    ordering = ["due_at", "id"]
    list_select_related = ["system"]
    search_fields = ["principal", "scope", "identity"]
    fields = [
        *("system", "kind", "severity", "principal", "entitlement", "scope", "via"),
        *("state", "due_at", "first_seen_at", "last_seen_at", "recurrences", "is_privileged"),
        *("accepted_until", "accepter", "accepted_reason", "owner", "request", "plan", "closed_at"),
    ]
    action_form = AnswerForm
    actions = ["accept", "adopt", "draft_revocation", "close"]
    list_before_template = "governance/board/drift_systems.html"
    change_form_outer_before_template = "governance/board/finding.html"

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

    @admin.display(description="Accepted by")
    def accepter(self, row: DriftFinding) -> str:
        """Return who accepted it, by name."""
        return names.name(row.accepted_by)

    def get_fields(self, request: HttpRequest, obj: DriftFinding | None = None) -> list[str]:
        # What is not there is left out: a dash would not say why.
        columns = {"accepter": "accepted_by"}
        return [
            name
            for name in self.fields
            if getattr(obj, columns.get(name, name)) not in (None, "", False, 0)
        ]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer what this person may do somewhere, and nothing else."""
        acts = {"accept": Act.DRIFT_ACCEPT, "adopt": Act.DRIFT_ADOPT, "close": Act.DRIFT_CLOSE}
        found: dict[str, Any] = super().get_actions(request)
        plan = RevocationPlan.resource_type()
        if not access.allows_somewhere(who(request), Act.REVOCATION_DRAFT, plan, at=when(request)):
            found.pop("draft_revocation", None)
        return self.offered(request, found, acts)

    def get_urls(self) -> list[URLPattern]:
        """Add the address that an answer on a finding's page is sent to."""
        view = self.admin_site.admin_view(require_POST(self.answer))
        own = path("<int:key>/answer/", view, name="governance_driftfinding_answer")
        return [own, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list below the systems in which anything stands."""
        found = drift_systems.drift(self.get_queryset(request), at=when(request))
        more = {"drift": found, "at": when(request)}
        answer: HttpResponse = super().changelist_view(request, {**(extra_context or {}), **more})
        return answer

    def answer(self, request: HttpRequest, key: int) -> HttpResponse:
        """Answer one finding, say what came of it, and show it again, or the plan drafted."""
        row = self.get_object(request, str(key))
        if row is None:
            raise Http404
        answers = {name: getattr(self, name) for name in self.actions}
        given = answers.get(request.POST.get("answer", ""))
        if given is None:
            raise BadInput("answer is one of " + ", ".join(answers), pointer="/answer")
        given(request, DriftFinding.objects.filter(pk=row.pk))
        before = row.plan_id
        row.refresh_from_db()
        if row.plan_id and row.plan_id != before:
            return redirect("admin:governance_revocationplan_change", row.plan_id)
        return redirect("admin:governance_driftfinding_change", row.pk)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the finding with what it means and what this person may do about it."""
        row = self.get_object(request, object_id)
        more = {"answering": self._answering(request, row) if row else None}
        answer: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **more}
        )
        return answer

    def _answering(self, request: HttpRequest, row: DriftFinding) -> dict[str, Any]:
        by, at = who(request), when(request)
        is_open = row.state == DriftState.OPEN
        is_grant = bool(row.principal and row.entitlement and row.scope)
        plan = RevocationPlan(system=row.system)
        today = timezone.localdate(at)
        return {
            "meaning": MEANINGS[Kind(row.kind)],
            "accepter": names.name(row.accepted_by),
            "accept": is_open and access.allows(by, Act.DRIFT_ACCEPT, row, at=at),
            "adopt": is_open
            and is_grant
            and row.kind in ACCESS_KINDS
            and access.allows(by, Act.DRIFT_ADOPT, row, at=at),
            "draft": is_open
            and revoking.is_written(row, at=at)
            and access.allows(by, Act.REVOCATION_DRAFT, plan, at=at),
            "close": row.kind == Kind.REPORTED
            and row.state != DriftState.CLOSED
            and access.allows(by, Act.DRIFT_CLOSE, row, at=at),
            "first": today,
            "usual": today + timedelta(days=ACCEPTED_DAYS),
            "last": today + answering_drift.LONGEST_ACCEPTANCE,
            "drift": reverse("admin:governance_governedsystem_drift_page", args=[row.system_id]),
        }

    @admin.action(description="Accept until a day")
    def accept(self, request: HttpRequest, rows: QuerySet[DriftFinding]) -> None:
        at = when(request)
        form = UntilForm(request.POST)
        if not form.is_valid():
            self.message_user(request, "Until when? Give a day, as in 2027-01-31.", messages.ERROR)
            return
        day = form.cleaned_data["until"] or timezone.localdate(at) + timedelta(days=ACCEPTED_DAYS)
        # To the end of that day, as people mean it; on the last day allowed, to that instant.
        end = timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
        last = at + answering_drift.LONGEST_ACCEPTANCE
        until = last if timezone.localdate(last) == day else end
        self.each(
            request,
            rows,
            lambda row, why: answering_drift.accept(
                row, until=until, reason=why, by=who(request), at=at
            ),
            f"accepted until the end of {day:%b %-d, %Y}",
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
