"""Sites on the board."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from governance.actions import sites
from governance.board import GovernedAdmin, when, who
from governance.models import Site
from governance.permissions import Act


@admin.register(Site)
class SiteAdmin(GovernedAdmin[Site]):
    """The tree; slug, kind and parent are set once."""

    read_act, write_act = Act.SITE_READ, Act.SITE_CHANGE
    list_display = ["name", "kind", "path", "time_zone"]
    list_filter = ["kind"]
    search_fields = ["name", "path"]
    fields = ["name", "slug", "kind", "parent", "time_zone"]

    def get_readonly_fields(self, request: HttpRequest, obj: Site | None = None) -> list[str]:
        return ["slug", "kind", "parent"] if obj else []

    def create(self, request: HttpRequest, obj: Site, data: dict[str, Any]) -> Site:
        return sites.create(**data, by=who(request), at=when(request))

    def change(self, request: HttpRequest, obj: Site, data: dict[str, Any]) -> Site:
        return sites.change(obj, **data, by=who(request), at=when(request))
