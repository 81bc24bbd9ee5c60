"""The audit log and the decisions on the board, for reading only."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from governance import access
from governance.actions import exporting, witnessing
from governance.board import GovernedAdmin, when, who
from governance.domain.references import parse
from governance.errors import BadInput, NotFound
from governance.models import AuditEvent, DecisionLog
from governance.permissions import Act
from governance.queries import (
    audit_entries,
    audit_export,
    audit_heads,
    audit_paging,
    audit_search,
    names,
    receipts,
)
from governance.queries.audit_paging import Page
from governance.queries.audit_search import Wanted


@admin.register(AuditEvent)
class AuditEventAdmin(GovernedAdmin[AuditEvent]):
    """Own pages: paged by key, never counted, with names beside ids and changes folded."""

    read_act = Act.AUDIT_READ

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path("checkpoints/", self._guarded(self.checkpoints), name="audit_checkpoints"),
            path("history/", self._guarded(self.history), name="audit_history"),
            path("export/", self._guarded(self.export), name="audit_export"),
            path("<int:pk>/proof/", self._guarded(self.proof), name="audit_proof"),
        ]
        return pages + list(super().get_urls())

    def _guarded(self, view: Any) -> Any:
        return self.admin_site.admin_view(view)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what matches the address, fifty at a time."""
        rows = self._rows(request)
        problem, wanted = "", Wanted()
        try:
            wanted = Wanted.of(request.GET.dict())
        except BadInput as error:
            problem = error.detail
        page = _page(rows, wanted, request)
        places = [*audit_search.scopes(), *audit_search.tenants()]
        known = names.named(places)
        return self._show(
            request,
            "list",
            title="Audit log",
            entries=audit_entries.read(page.rows, is_folded=wanted.is_folded),
            wanted=wanted,
            given=request.GET,
            problem=problem,
            acts=audit_search.acts(),
            scopes=[known[ref] for ref in places if not ref.startswith("partners.")],
            tenants=[known[ref] for ref in places if ref.startswith("partners.")],
            may_export=access.allows(
                who(request), Act.AUDIT_EXPORT, AuditEvent(), at=when(request)
            ),
            cap=audit_export.CAP,
            **_links(request, page),
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one event: what it says, what else its request did, and its place in the tree."""
        event = self._event(request, object_id)
        row = AuditEvent.objects.filter(pk=event.pk).values(*audit_search.COLUMNS)
        entry = audit_entries.read(list(row), is_folded=True)[0]
        return self._show(
            request,
            "event",
            title=f"Entry {event.pk:,}",
            entry=entry,
            others=audit_entries.of_request(self._rows(request), event.request_id, but=event.pk),
            limit=audit_entries.IN_REQUEST,
            place=receipts.place(event, witnessing.configured()),
            quorum=receipts.quorum(),
            witnesses=witnessing.configured(),
        )

    def history(self, request: HttpRequest) -> HttpResponse:
        """Show all entries of one reference, newest first, as differences."""
        rows = self._rows(request)
        ref = request.GET.get("object", "").strip().replace("\0", "")[:160]
        entries, links = [], {}
        if ref:
            page = _page(rows, Wanted(object=ref), request)
            entries = audit_entries.read(page.rows, is_folded=False)
            links = _links(request, page)
        return self._show(
            request,
            "history",
            title="History of an object",
            thing=names.named([ref]).get(ref) if ref else None,
            is_reference=_is_reference(ref),
            entries=entries,
            **links,
        )

    def checkpoints(self, request: HttpRequest) -> HttpResponse:
        """Show the newest heads of the log and who signed them."""
        self._rows(request)
        known = witnessing.configured()
        return self._show(
            request,
            "checkpoints",
            title="Signed heads of the audit log",
            heads=audit_heads.latest(known),
            standing=audit_heads.standing(),
            witnesses=known,
            quorum=receipts.quorum(),
        )

    def proof(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Hand out the proof of one entry as a file."""
        found = receipts.proof(self._event(request, str(pk)))
        if found is None:
            raise NotFound("No witness has seen this entry yet, so there is no proof of it.")
        return HttpResponse(
            found,
            content_type="text/plain; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="entry-{pk}.tlog-proof"'},
        )

    def export(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """Stream the filtered list as a file; that it was taken is recorded before."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        form = request.POST.get("form", "")
        if form not in audit_export.FORMS:
            raise BadInput("Choose csv, json or ocsf.", pointer="/form")
        wanted = Wanted.of(request.POST.dict())
        rows = audit_search.matching(self._rows(request), wanted)
        capped = audit_export.is_capped(rows)
        exporting.begin(wanted, form=form, by=who(request), at=when(request))
        ending, kind, write = audit_export.FORMS[form]
        name = f"audit-{when(request):%Y%m%dT%H%M%SZ}{'-capped' if capped else ''}.{ending}"
        parts: Iterator[str] = write(rows, capped=capped)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingHttpResponse(parts, content_type=kind, headers=headers)

    def _rows(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self.get_queryset(request)

    def _event(self, request: HttpRequest, pk: str) -> AuditEvent:
        is_key = pk.isdecimal() and len(pk) < 19
        event = self._rows(request).filter(pk=pk).first() if is_key else None
        if event is None:
            raise NotFound("There is no such entry.")
        return event

    def _show(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        page = {**self.admin_site.each_context(request), **context, "opts": self.opts}
        return TemplateResponse(
            request, f"admin/governance/auditevent/{template}.html", {**page, "at": when(request)}
        )


@admin.register(DecisionLog)
class DecisionLogAdmin(GovernedAdmin[DecisionLog]):
    read_act = Act.DECISION_READ
    list_display = ["at", "subject", "act", "resource", "allow", "reason", "rule"]
    list_filter = ["allow", "reason", "act"]
    search_fields = ["=subject", "=resource"]


def _page(rows: QuerySet[AuditEvent], wanted: Wanted, request: HttpRequest) -> Page:
    def key(name: str) -> int:
        text = request.GET.get(name, "")
        return int(text) if text.isdecimal() and len(text) < 19 else 0

    return audit_paging.page(rows, wanted, before=key("before"), after=key("after"))


def _links(request: HttpRequest, page: Page) -> dict[str, str]:
    """Return the addresses of the neighboring pages; empty at an end."""
    plain = {key: value for key, value in request.GET.items() if key not in ("before", "after")}
    found = {"older": "", "newer": "", "newest": "?" + urlencode(plain)}
    if page.older:
        found["older"] = "?" + urlencode({**plain, "before": page.older})
    if page.newer:
        found["newer"] = "?" + urlencode({**plain, "after": page.newer})
    return found


def _is_reference(text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return text.startswith(("user:", "service:"))
    return True
