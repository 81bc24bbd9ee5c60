"""Governed systems on the board."""

from typing import Any, BinaryIO, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminPasswordWidget

from governance import access
from governance.actions import drifting, importing_snapshots, systems
from governance.board import GovernedAdmin, when, who
from governance.errors import BadInput, WardroomError
from governance.models import GovernedSystem, Snapshot
from governance.permissions import Act


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
    change_form_outer_before_template = "governance/board/upload.html"

    class Media:
        css = {"all": ["board.css"]}

    def get_urls(self) -> list[URLPattern]:
        """Add the address that a snapshot file is sent to."""
        take = self.admin_site.admin_view(require_POST(self.take))
        own = path("<path:object_id>/snapshot/", take, name="governance_governedsystem_snapshot")
        return [own, *super().get_urls()]

    def take(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take the uploaded snapshot in, say what came of it, and show the system again."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
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
        answer: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "upload_url": url}
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
