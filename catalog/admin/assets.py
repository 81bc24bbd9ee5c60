"""Assets on the board."""

from collections.abc import Iterator
from datetime import datetime

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from catalog.actions import confirming, retiring
from catalog.admin.importing import ImportingAdmin
from catalog.inventory import writer
from catalog.models import Asset
from catalog.permissions import Act
from catalog.queries import coverage, inventory
from governance.board import when, who
from governance.errors import WardroomError
from governance.models import GovernedSystem

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@admin.register(Asset)
class AssetAdmin(ImportingAdmin):
    """Read here; owners and labels are given on the asset's own page."""

    read_act = Act.ASSET_READ
    list_display = ["fqn", "kind", "system", "site", "owner", "level", "is_classified", "gone_at"]
    list_filter = ["kind", "system", "level", "is_personal", "is_classified"]
    list_select_related = ["system", "site", "owner"]
    search_fields = ["fqn", "description"]
    actions = ["retire", "ask_owners", "export_csv", "export_xlsx"]

    @admin.action(description="Mark as gone, with what is in it")
    def retire(self, request: HttpRequest, rows: QuerySet[Asset]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: retiring.retire(row, reason=why, by=who(request), at=when(request)),
            "assets marked as gone",
        )

    @admin.action(description="Ask all owners in the systems of these to confirm what is theirs")
    def ask_owners(self, request: HttpRequest, rows: QuerySet[Asset]) -> None:
        sent = 0
        try:
            for system in GovernedSystem.objects.filter(pk__in=rows.order_by().values("system")):
                sent += confirming.ask(system=system, by=who(request), at=when(request))
        except WardroomError as error:
            self.message_user(request, error.detail, messages.ERROR)
            if not sent:
                return
        if sent:
            self.message_user(request, f"{sent} {'owner' if sent == 1 else 'owners'} asked.")
        else:
            self.message_user(
                request,
                "Nobody was asked: every owner there was asked today already. Ask again tomorrow.",
                messages.WARNING,
            )

    @admin.action(description="Export as CSV")
    def export_csv(self, request: HttpRequest, rows: QuerySet[Asset]) -> HttpResponse:
        return _file(writer.as_csv(_lines(rows, when(request))), "csv", "text/csv")

    @admin.action(description="Export as XLSX")
    def export_xlsx(self, request: HttpRequest, rows: QuerySet[Asset]) -> HttpResponse:
        return _file(writer.as_xlsx(_lines(rows, when(request))), "xlsx", XLSX)


def _lines(rows: QuerySet[Asset], at: datetime) -> Iterator[dict[str, object]]:
    found = list(inventory.shown(rows))
    lacking = coverage.lacking([row["id"] for row in found], at=at)
    for row in found:
        missing = " ".join(item.value for item in lacking.get(row["id"]) or ())
        yield {**row, "missing": missing}


def _file(content: bytes, ending: str, kind: str) -> HttpResponse:
    named = {"Content-Disposition": f'attachment; filename="inventory.{ending}"'}
    return HttpResponse(content, content_type=kind, headers=named)
