"""Assets on the board."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from catalog.actions import confirming, retiring
from catalog.models import Asset
from catalog.permissions import Act
from governance.board import GovernedAdmin, when, who
from governance.errors import WardroomError
from governance.models import GovernedSystem


@admin.register(Asset)
class AssetAdmin(GovernedAdmin[Asset]):
    """Read here; owners and labels are given on the asset's own page."""

    read_act = Act.ASSET_READ
    list_display = ["fqn", "kind", "system", "site", "owner", "level", "is_classified", "gone_at"]
    list_filter = ["kind", "system", "level", "is_personal", "is_classified"]
    list_select_related = ["system", "site", "owner"]
    search_fields = ["fqn", "description"]
    actions = ["retire", "ask_owners"]

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
        self.message_user(request, f"{sent} owners asked.")
