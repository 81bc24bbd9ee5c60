"""Governed systems on the board."""

from typing import Any, BinaryIO, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST
from unfold.decorators import action
from unfold.widgets import UnfoldAdminPasswordWidget

from governance import access
from governance.actions import drifting, importing_snapshots, systems
from governance.board import GovernedAdmin, when, who
from governance.connectors import snapshot_file
from governance.errors import BadInput, WardroomError
from governance.models import GovernedSystem, Snapshot, SnapshotState
from governance.permissions import Act
from governance.queries import drift_standing

_NAME = "governance_governedsystem"
_PAGES = "admin/governance/governedsystem"


class SystemForm(forms.ModelForm):  # type: ignore[type-arg]
    """The connection string is asked for, and never shown again."""

    dsn = forms.CharField(
        label="Connection string",
        help_text="As in postgresql://reader:…@host:5432/database. Stored encrypted.",
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}),
        max_length=2000,
    )

    class Meta:
        model = GovernedSystem
        fields = ["name", "slug", "kind", "site"]


@admin.register(GovernedSystem)
class SystemAdmin(GovernedAdmin[GovernedSystem]):
    read_act, write_act = Act.SYSTEM_READ, Act.SYSTEM_CHANGE
    form = SystemForm
    list_display = ["name", "slug", "kind", "site", "address", "is_scheduled"]
    list_filter = ["kind", "site"]
    list_select_related = ["site"]
    search_fields = ["name", "slug"]
    fields = ["name", "slug", "kind", "site", "dsn"]
    actions = ["compare"]
    actions_detail = ["drift_page"]
    change_form_outer_before_template = "governance/board/upload.html"

    class Media:
        css = {"all": ["board.css"]}

    def get_urls(self) -> list[URLPattern]:
        """Add the pages of drift, and the address that a snapshot file is sent to."""
        view = self.admin_site.admin_view
        own = [
            path(
                "<path:object_id>/snapshot/",
                view(require_POST(self.take)),
                name=f"{_NAME}_snapshot",
            ),
            path(
                "<path:object_id>/snapshot/<int:snapshot>/release/",
                view(self.release),
                name=f"{_NAME}_release",
            ),
        ]
        return [*own, *super().get_urls()]

    @action(description="Drift", url_path="drift")  # type: ignore[untyped-decorator]
    def drift_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show how the system stands: freshness, runs, findings by kind, trend."""
        row = self._found(request, object_id)
        standing = drift_standing.of(row, to=who(request), at=when(request))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Drift in {row.name}",
            "system": row,
            "reader": drifting.reader(row),
            "at": when(request),
            "standing": standing,
            "may_release": standing.newest is not None
            and access.allows(who(request), Act.DRIFT_RELEASE, standing.newest, at=when(request)),
        }
        return TemplateResponse(request, f"{_PAGES}/drift.html", context)

    def release(self, request: HttpRequest, object_id: str, snapshot: int) -> HttpResponse:
        """Show what a suspect snapshot did not show, and release it with a reason."""
        row = self._found(request, object_id)
        suspect = get_object_or_404(Snapshot, pk=snapshot, system=row, state=SnapshotState.SUSPECT)
        access.require(who(request), Act.DRIFT_RELEASE, suspect, at=when(request))
        if request.method == "POST":
            try:
                outcome = drifting.release(
                    suspect,
                    by=who(request),
                    at=when(request),
                    reason=request.POST.get("reason", "").strip(),
                )
            except WardroomError as error:
                self.message_user(request, error.detail, messages.ERROR)
            else:
                self.message_user(
                    request,
                    f"Released: {outcome.opened:,} findings opened, {outcome.closed:,} closed.",
                )
                return redirect(f"admin:{_NAME}_drift_page", row.pk)
        doubt = drift_standing.doubt(suspect)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Release a snapshot of {row.name}",
            "system": row,
            "snapshot": suspect,
            "doubt": doubt,
            "absent": drift_standing.absent(suspect)[: drift_standing.ABSENT_SHOWN],
            "more": max(0, doubt.absent - drift_standing.ABSENT_SHOWN),
        }
        return TemplateResponse(request, f"{_PAGES}/release.html", context)

    def _found(self, request: HttpRequest, object_id: str) -> GovernedSystem:
        row: GovernedSystem | None = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return row

    def take(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take the uploaded snapshot in, say what came of it, and show the system again."""
        row = self._found(request, object_id)
        file = request.FILES.get("snapshot")
        if file is None or file.file is None:
            raise BadInput("no file was sent", pointer="/snapshot")
        try:
            body = cast(BinaryIO, file.file)
            found = importing_snapshots.take(
                row, body, name=file.name or "", by=who(request), at=when(request)
            )
        except WardroomError as error:
            self.message_user(request, error.detail, messages.ERROR)
        else:
            outcome = found.outcome
            self.message_user(
                request,
                f"{found.rows:,} rows taken: {outcome.opened:,} findings opened,"
                f" {outcome.closed:,} closed.",
            )
        return redirect("admin:governance_governedsystem_change", row.pk)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the system, and a way to upload a snapshot for whoever may compare."""
        row = self.get_object(request, object_id)
        may = row is not None and access.allows(
            who(request), Act.DRIFT_DETECT, Snapshot(system=row), at=when(request)
        )
        url = reverse("admin:governance_governedsystem_snapshot", args=[object_id]) if may else ""
        upload = {
            "url": url,
            "required": snapshot_file.REQUIRED,
            "optional": snapshot_file.OPTIONAL,
        }
        answer: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "upload": upload}
        )
        return answer

    def has_change_permission(
        self, request: HttpRequest, obj: GovernedSystem | None = None
    ) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: GovernedSystem | None = None) -> list[str]:
        return [*self.fields[:-1], "address", "is_scheduled"] if obj else list(self.fields)

    def create(
        self, request: HttpRequest, obj: GovernedSystem, data: dict[str, Any]
    ) -> GovernedSystem:
        return systems.register(**data, by=who(request), at=when(request))

    @admin.action(description="Compare grants now")
    def compare(self, request: HttpRequest, rows: QuerySet[GovernedSystem]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: drifting.put_off(row, by=who(request), at=when(request), reason=why),
            "comparisons put off; the result shows under drift",
        )
