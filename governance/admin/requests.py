"""Access requests and grants on the board."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from unfold.decorators import action

from governance import access
from governance.actions import requesting, routing
from governance.admin.asking import ASKED, AskingAdmin
from governance.admin.request_filters import Below, Clock
from governance.board import when, who
from governance.domain import grants
from governance.errors import BadInput
from governance.measures import PERIOD_DAYS
from governance.models import (
    PENDING,
    AccessRequest,
    Grant,
    RequestState,
    User,
)
from governance.permissions import Act
from governance.queries import (
    names,
    own_requests,
    presence,
    request_clock,
    request_turns,
)
from governance.queries.deciding import deciders

SHOWN = [
    *("case", "state", "missing", "system", "principal", "entitlement", "scope", "level"),
    "caution",
    *("purpose", "days", "requester", "grantee", "owner", "deputy", "submitted_at", "due_at"),
    *("first_approved_at", "first_approver", "first_reason"),
    *("decided_at", "decider", "decision_reason", "resolved_at"),
]


def _lookup(cut: request_clock.Cut, key: object) -> dict[str, str]:
    """Return what an address asks for to list one group."""
    if cut == "owner":
        return {"owner__isnull": "True"} if key is None else {"owner__id__exact": str(key)}
    return {"system__site": str(key)} if cut == "site" else {"level__exact": str(key)}


@admin.register(AccessRequest)
class AccessRequestAdmin(AskingAdmin):
    """Open ones first, soonest due on top; decided with a reason, many at once or one by one."""

    list_display = ["__str__", "system", "requester", "purpose", "stands", "clock", "decided_at"]
    readonly_fields = ("first_approver", "decider")
    list_filter = ["state", Clock, Below, "system", "level", "owner"]
    # Waiting ones on top: no other state comes after "open" in the alphabet.
    ordering = ["-state", "due_at"]
    list_select_related = ["system__site", "requester", "grantee", "owner", "deputy"]
    search_fields = ["principal", "scope", "purpose", "case"]
    actions = ["approve", "deny", "cancel"]
    actions_list = ["own"]
    change_form_outer_before_template = "governance/board/decide.html"

    @admin.display(description="Clock", ordering="due_at")
    def clock(self, row: AccessRequest) -> str:
        """Return what is left of the four hours, or by how much they are over."""
        if row.state not in PENDING:
            return f"due {row.due_at:%b %d, %H:%M} UTC"
        left = round((row.due_at - timezone.now()).total_seconds() / 60)
        hours, minutes = divmod(abs(left), 60)
        words = f"{hours} h {minutes:02} min" if hours else f"{minutes} min"
        if left >= 0:
            return f"{words} left"
        return format_html('<span class="board-late">{} overdue</span>', words)

    @admin.display(description="State", ordering="state")
    def stands(self, row: AccessRequest) -> str:
        """Return the state in words; of two approvals the second may be what it waits for."""
        return own_requests.state(row)

    @admin.display(description="First approved by")
    def first_approver(self, row: AccessRequest) -> str:
        """Return who was the first of two."""
        return names.named([row.first_approved_by])[row.first_approved_by].text

    @admin.display(description="Decided by")
    def decider(self, row: AccessRequest) -> str:
        """Return who decided, by name."""
        return names.named([row.decided_by])[row.decided_by].text

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Let the figures by site lead to their records."""
        return lookup == "system__site" or super().lookup_allowed(lookup, value, request)

    class Media:
        css = {"all": ["board.css"]}

    def get_urls(self) -> list[URLPattern]:
        """Add the address that a decision on the object page is sent to."""
        decide = self.admin_site.admin_view(require_POST(self.decide))
        own = path("<path:object_id>/decide/", decide, name="governance_accessrequest_decide")
        figures = self.admin_site.admin_view(self.figures)
        pages = [path("clock/", figures, name="governance_accessrequest_clock"), own]
        return [*pages, *super().get_urls()]

    def get_fields(self, request: HttpRequest, obj: AccessRequest | None = None) -> list[str]:
        if obj is None:
            return ASKED
        # What is not there yet is left out: a dash would not say why.
        column = {"decider": "decided_by", "first_approver": "first_approved_by"}
        return [name for name in SHOWN if getattr(obj, column.get(name, name)) not in (None, "")]

    @action(description="My requests and access", url_path="own")  # type: ignore[untyped-decorator]
    def own(self, request: HttpRequest) -> HttpResponse:
        """Lead to what this person asked for."""
        return redirect("own_requests")

    def decide(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Approve or refuse one request with the reason given, then show it again."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        verdicts = {"approve": self.approve, "deny": self.deny}
        verdict = verdicts.get(request.POST.get("decision", ""))
        if verdict is None:
            raise BadInput("decision is approve or deny", pointer="/decision")
        verdict(request, AccessRequest.objects.filter(pk=row.pk))
        row.refresh_from_db()
        following = None if row.state == RequestState.OPEN else self._next(request)
        return redirect("admin:governance_accessrequest_change", (following or row).pk)

    def _next(self, request: HttpRequest) -> AccessRequest | None:
        """Return what this person is to decide next, so that an inbox is worked off by keyboard."""
        rows = request_turns.of(who(request), at=when(request))
        return rows.order_by("due_at", "pk").first()

    def figures(self, request: HttpRequest) -> HttpResponse:
        """Show how many were resolved in time by site, owner and class, each with its records."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        at = when(request)
        since = at - timedelta(days=PERIOD_DAYS)
        seen = AccessRequest.objects.filter(pk__in=self.get_queryset(request).values("pk"))
        rows = request_clock.due(seen, since=since, until=at, at=at)
        period = {
            "clock": "counted",
            "due_at__gte": since.isoformat(),
            "due_at__lt": at.isoformat(),
        }
        cuts = [
            (
                cut,
                [
                    {
                        "name": one.name,
                        "attainment": one.attainment,
                        "percent": one.percent,
                        "url": f"../?{urlencode({**period, **_lookup(cut, one.key)})}",
                    }
                    for one in request_clock.groups(rows, cut, at=at)
                ],
            )
            for cut in request_clock.COLUMNS
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": "Requests resolved in 4 h",
            "cuts": cuts,
            "at": at,
            "days": PERIOD_DAYS,
        }
        return TemplateResponse(request, "admin/governance/accessrequest/clock.html", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the request, the decision for whoever can decide, and whether it is there."""
        row = self.get_object(request, object_id)
        more = {"deciding": self._deciding(request, row) if row else None}
        grant = Grant.objects.filter(request=row).select_related("system__owner").first()
        if row and grant:
            more["given"] = {
                "grant": grant,
                "standing": grant.standing(when(request)),
                "there": presence.of([grant])[grant.pk],
            }
        answer: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **more}
        )
        return answer

    def _deciding(self, request: HttpRequest, row: AccessRequest) -> dict[str, Any] | None:
        if row.state != RequestState.OPEN:
            return None
        by, at = who(request), when(request)
        assert isinstance(request.user, User)
        is_own = request.user.pk in routing.concerned(row)
        is_second = row.first_approved_at is not None
        is_first = by.ref == row.first_approved_by
        is_turn = not is_first and (is_second or row.route.is_turn_of(request.user.pk, at=at))
        act = Act.REQUEST_CONFIRM if is_second else Act.REQUEST_DECIDE
        found = deciders(row, at=at)
        first = names.named([row.first_approved_by]).get(row.first_approved_by)
        return {
            "is_own": is_own,
            "is_first": is_first,
            "first_approver": first.text if first else "",
            "takes_two": grants.needs_second_approval(row.level),
            "is_turn": is_turn,
            "first": row.owner or row.deputy,
            "opens_at": row.route.all_from,
            "may": not is_own and is_turn and access.allows(by, act, row, at=at),
            "people": found.people,
            "more": found.more,
            "roles": found.roles,
            "url": reverse("admin:governance_accessrequest_decide", args=[row.pk]),
        }

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

    @admin.action(description="Withdraw what I asked for")
    def cancel(self, request: HttpRequest, rows: QuerySet[AccessRequest]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: requesting.cancel(row, by=who(request), at=when(request), reason=why),
            "requests withdrawn",
        )
