"""Access requests and grants on the board."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from unfold.decorators import action

from governance.actions import requesting
from governance.admin import deciding
from governance.admin.asking import ASKED, AskingAdmin
from governance.admin.request_filters import Below, Clock, Stage
from governance.board import when, who
from governance.errors import BadInput, Refused, WardroomError
from governance.measures import PERIOD_DAYS
from governance.models import (
    PENDING,
    AccessRequest,
    RequestState,
    User,
)
from governance.queries import (
    names,
    own_requests,
    request_clock,
)

SHOWN = [
    *("stands", "missing", "system", "principal", "entitlement", "scope", "level"),
    "caution",
    *("purpose", "days", "requester", "grantee", "owner", "deputy", "submitted_at", "due_at"),
    *("first_approved_at", "first_approver", "first_reason"),
    *("decided_at", "decider", "decision_reason", "resolved_at", "case"),
]


def _lookup(cut: request_clock.Cut, key: object) -> dict[str, str]:
    """Return what an address asks for to list one group."""
    if cut == "owner":
        return {"owner__isnull": "True"} if key is None else {"owner__id__exact": str(key)}
    return {"system__site": str(key)} if cut == "site" else {"level__exact": str(key)}


def _length(time: timedelta) -> str:
    hours, minutes = divmod(round(time.total_seconds() / 60), 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"


@admin.register(AccessRequest)
class AccessRequestAdmin(AskingAdmin):
    """Open ones first, soonest due on top; decided with a reason, many at once or one by one."""

    list_display = ["__str__", "system", "terms", "purpose", "stands", "clock"]
    readonly_fields = ("first_approver", "decider", "stands")
    list_filter = [Stage, "state", Clock, Below, "system", "level", "owner"]
    # Waiting ones on top: no other state comes after "open" in the alphabet.
    ordering = ["-state", "due_at"]
    list_select_related = ["system__site", "requester", "grantee", "owner", "deputy"]
    search_fields = ["principal", "scope", "purpose", "case"]
    actions = ["approve", "deny", "cancel"]
    actions_list = ["own"]
    change_form_outer_before_template = "governance/board/decide.html"

    @admin.display(description="Clock", ordering="due_at")
    def clock(self, row: AccessRequest) -> str:
        """Return what is left of the four hours, by how much they are over, or what it took."""
        if row.state not in PENDING:
            ended = row.resolved_at or row.decided_at
            return f"took {_length(ended - row.submitted_at)}" if ended else ""
        left = round((row.due_at - timezone.now()).total_seconds() / 60)
        words = _length(timedelta(minutes=abs(left)))
        if left >= 0:
            return f"{words} left"
        return format_html('<span class="board-late">{} overdue</span>', words)

    @admin.display(description="Asked by", ordering="requester__name")
    def terms(self, row: AccessRequest) -> str:
        """Return who asks, for how long, and for data of which class."""
        days = f"{row.days} day{'' if row.days == 1 else 's'}"
        return f"{row.requester}, {days}, {row.level or 'class not known'}"

    @admin.display(description="State", ordering="state")
    def stands(self, row: AccessRequest) -> str:
        """Return the state in words; of two approvals the second may be what it waits for.

        Granted is not said here: whether it is there in its system stands on the page.
        """
        return "Approved" if row.state == RequestState.GRANTED else own_requests.state(row)

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
        column = {
            "decider": "decided_by",
            "first_approver": "first_approved_by",
            "stands": "state",
        }
        return [name for name in SHOWN if getattr(obj, column.get(name, name)) not in (None, "")]

    @action(description="My requests and access", url_path="own")  # type: ignore[untyped-decorator]
    def own(self, request: HttpRequest) -> HttpResponse:
        """Lead to what this person asked for."""
        return redirect("own_requests")

    def decide(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Approve or refuse one request with the reason given, and say what was decided.

        The next one is offered below, not shown in its place: the same buttons there would be
        pressed for a request that nobody has read.
        """
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        verdict, why = request.POST.get("decision", ""), request.POST.get("reason", "").strip()
        if verdict not in ("approve", "deny"):
            raise BadInput("decision is approve or deny", pointer="/decision")
        by, at = who(request), when(request)
        try:
            if not why:
                raise Refused("Nothing was changed: say why, in the field above the buttons.")
            if verdict == "approve":
                requesting.approve(row, by=by, at=at, reason=why, days=self._days(request))
            else:
                requesting.deny(row, by=by, at=at, reason=why)
        except WardroomError as error:
            self.message_user(request, f"{row}: {error.detail}", messages.ERROR)
        else:
            row.refresh_from_db()
            self.message_user(request, deciding.said(row, verdict))
        return redirect("admin:governance_accessrequest_change", row.pk)

    def _days(self, request: HttpRequest) -> int | None:
        """Return the days that the form approves; None where it names none.

        Raises:
            Refused: they are no number.
        """
        text = request.POST.get("days", "").strip()
        if text and not (text.isascii() and text.isdecimal() and len(text) < 5):
            raise Refused("The days are a whole number.")
        return int(text) if text else None

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
        by, at = who(request), when(request)
        more: dict[str, Any] = {}
        if row is not None:
            assert isinstance(request.user, User)
            more = {
                "deciding": deciding.box(row, request.user, by=by, at=at),
                "given": deciding.given(row, at=at),
                "following": deciding.following(row, by=by, at=at),
            }
        answer: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **more}
        )
        return answer

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
