"""Importing the inventory on the board: a file, a preview, and then all that is valid."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget

from catalog.actions import importing
from catalog.admin import previews
from catalog.admin.previews import Preview
from catalog.inventory import reader, writer
from catalog.models import Asset
from catalog.permissions import Act
from catalog.queries import judging
from governance import access
from governance.board import GovernedAdmin, when, who
from governance.errors import WardroomError

MULTIPART_ROOM = 64 * 2**10
PAGE = 50
SHOWN = ("refused", "new", "changed")
_WRITING = (Act.ASSET_ASSIGN, Act.ASSET_ADD, Act.ASSET_DESCRIBE)


class ImportingAdmin(GovernedAdmin[Asset]):
    """The pages of the import, beside the list of assets."""

    actions_list = ["import_sheet"]

    def has_import_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return any(
            access.allows_somewhere(who(request), act, Asset.resource_type(), at=when(request))
            for act in _WRITING
        )

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        # The size is judged before anything of the body is read, which the check of the form's
        # origin would do.
        pages = [
            path("import/upload/", guarded(csrf_exempt(self._upload)), name="inventory_upload"),
            path("import/<str:token>/", guarded(self._preview), name="inventory_preview"),
            path("import/<str:token>/apply/", guarded(self._apply), name="inventory_apply"),
            path(
                "import/<str:token>/refused.csv", guarded(self._refused), name="inventory_refused"
            ),
        ]
        return pages + list(super().get_urls())

    @action(  # type: ignore[untyped-decorator]
        description="Import", icon="upload_file", url_path="import", permissions=["import"]
    )
    def import_sheet(self, request: HttpRequest) -> HttpResponse:
        """Show where to choose a file."""
        return self._page(request)

    def _upload(self, request: HttpRequest) -> HttpResponse:
        length = int(request.headers.get("Content-Length") or 0)
        if length > reader.MOST_BYTES + MULTIPART_ROOM:
            return self._page(request, problem=reader.too_large(), status=413)
        answer: HttpResponse = csrf_protect(require_POST(self._take))(request)
        return answer

    def _take(self, request: HttpRequest) -> HttpResponse:
        self._guard(request)
        file = request.FILES.get("sheet")
        if file is None or not file.size:
            return self._page(request, problem="Choose a file; this was none or empty.", status=422)
        if file.size > reader.MOST_BYTES:
            return self._page(request, problem=reader.too_large(), status=413)
        try:
            sheet = reader.read(file.read())
        except WardroomError as error:
            return self._page(request, problem=error.detail, status=422)
        by = who(request)
        plan = judging.plan(sheet.lines, by=by, at=when(request))
        preview = previews.keep(file.name or "inventory", sheet, plan, by=by)
        return HttpResponseRedirect(reverse("admin:inventory_preview", args=[preview.token]))

    def _preview(self, request: HttpRequest, token: str) -> HttpResponse:
        preview = self._found(request, token)
        if preview is None:
            return self._over(request)
        return self._show(request, preview)

    def _apply(self, request: HttpRequest, token: str) -> HttpResponse:
        preview = self._found(request, token)
        if preview is None or preview.done or request.method != "POST":
            return self._over(request) if preview is None else self._back(preview)
        by, at = who(request), when(request)
        lines = preview.as_lines()
        reason = request.POST.get("reason", "").strip()[:300]
        try:
            written = importing.apply(lines, digest=preview.digest, reason=reason, by=by, at=at)
        except WardroomError as error:
            if error.code == "inventory_moved":
                sheet = reader.Sheet(lines, frozenset(), tuple(preview.notes))
                plan = judging.plan(lines, by=by, at=at)
                preview = previews.keep(preview.file, sheet, plan, by=by)
            return self._show(request, preview, problem=f"Nothing was written. {error.detail}")
        done = {"new": written.new, "changed": written.changed, "refused": written.refused}
        previews.finish(preview, done, by=by)
        return self._back(preview)

    def _refused(self, request: HttpRequest, token: str) -> HttpResponse:
        preview = self._found(request, token)
        if preview is None:
            return self._over(request)
        rows = (
            (row["line"], row["name"], one["column"], one["reason"])
            for row in preview.rows
            for one in row["refusals"]
        )
        named = {"Content-Disposition": 'attachment; filename="refused.csv"'}
        return HttpResponse(writer.refused_csv(rows), content_type="text/csv", headers=named)

    def _guard(self, request: HttpRequest) -> None:
        if not self.has_import_permission(request):
            raise PermissionDenied

    def _found(self, request: HttpRequest, token: str) -> Preview | None:
        self._guard(request)
        return previews.find(token, by=who(request))

    def _back(self, preview: Preview) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:inventory_preview", args=[preview.token]))

    def _over(self, request: HttpRequest) -> HttpResponse:
        gone = "This preview is over, or a later file has taken its place: choose the file again."
        return self._page(request, problem=gone, status=404)

    def _show(self, request: HttpRequest, preview: Preview, problem: str = "") -> HttpResponse:
        wanted = request.GET.get("show", "")
        some = [name for name in SHOWN if preview.counts[name]]
        show = wanted if wanted in some else (some or [""])[0]
        rows = Paginator([row for row in preview.rows if row["state"] == show], PAGE)
        return self._page(
            request,
            "preview",
            status=422 if problem else 200,
            problem=problem,
            preview=preview,
            states=[(name, preview.counts[name]) for name in SHOWN],
            show=show,
            page=rows.get_page(request.GET.get("page")),
            reason=request.POST.get("reason", ""),
        )

    def _page(
        self, request: HttpRequest, name: str = "choose", *, status: int = 200, **more: Any
    ) -> HttpResponse:
        self._guard(request)
        context = {
            **self.admin_site.each_context(request),
            "title": "Import the inventory",
            "opts": self.opts,
            "chooser": _chooser(),
            "most_mib": reader.MOST_BYTES // 2**20,
            "most_rows": reader.MOST_ROWS,
            **more,
        }
        return TemplateResponse(request, f"admin/catalog/asset/{name}.html", context, status=status)


def _chooser() -> str:
    """Return the field for a file as the board draws it: its script looks for that shape."""
    field: str = UnfoldAdminFileFieldWidget().render(
        "sheet", None, {"id": "sheet", "accept": ".csv,.xlsx,text/csv", "required": True}
    )
    return field
