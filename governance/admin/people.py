"""People, roles and memberships on the board."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.decorators import action

from governance.actions import people
from governance.board import GovernedAdmin, when, who
from governance.models import Membership, Role, User
from governance.permissions import Act
from governance.queries import holdings


@admin.register(User)
class UserAdmin(GovernedAdmin[User]):
    """People are invited and disabled, never deleted."""

    read_act, write_act = Act.USER_READ, Act.USER_CHANGE
    list_display = ["name", "email", "kind", "is_staff", "is_active", "last_login"]
    list_filter = ["kind", "is_staff", "is_active"]
    search_fields = ["name", "email"]
    fields = ["name", "email", "phone", "is_staff"]
    actions = ["disable"]
    actions_detail = ["access_page"]

    @action(description="What they can reach", url_path="access")  # type: ignore[untyped-decorator]
    def access_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show everything that this person can reach, why, since when, and last used."""
        person = self.get_object(request, object_id)
        if person is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": f"Access of {person.name}",
            "person": person,
            "at": when(request),
            "holdings": holdings.of(person, to=who(request), at=when(request)),
        }
        return TemplateResponse(request, "admin/governance/user/access.html", context)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def create(self, request: HttpRequest, obj: User, data: dict[str, Any]) -> User:
        return people.invite(**data, by=who(request), at=when(request))

    @admin.action(description="Disable, and end their sessions")
    def disable(self, request: HttpRequest, rows: QuerySet[User]) -> None:
        self.each(
            request,
            rows,
            lambda user, why: people.disable(user, by=who(request), at=when(request), reason=why),
            "accounts disabled",
        )


@admin.register(Role)
class RoleAdmin(GovernedAdmin[Role]):
    read_act = Act.ROLE_READ
    list_display = ["name", "slug", "purpose", "is_external"]


@admin.register(Membership)
class MembershipAdmin(GovernedAdmin[Membership]):
    """Who holds which role where, and until when."""

    read_act, write_act = Act.MEMBERSHIP_READ, Act.MEMBERSHIP_GRANT
    list_display = ["user", "role", "site", "party", "valid_from", "valid_to", "granted_by"]
    list_filter = ["role", "site"]
    list_select_related = ["user", "role", "site"]
    search_fields = ["user__name", "user__email"]
    fields = ["user", "role", "site", "party", "valid_to", "reason"]
    actions = ["end"]

    def has_change_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        return False

    def create(self, request: HttpRequest, obj: Membership, data: dict[str, Any]) -> Membership:
        return people.give_role(**data, by=who(request), at=when(request))

    @admin.action(description="End now")
    def end(self, request: HttpRequest, rows: QuerySet[Membership]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: people.end_role(row, by=who(request), at=when(request), reason=why),
            "memberships ended",
        )
