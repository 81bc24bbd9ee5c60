"""The policy on the board, for reading only."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline

from governance.board import GovernedAdmin
from governance.models import PolicyRule, PolicyVersion
from governance.permissions import Act


class RuleInline(TabularInline):  # type: ignore[misc]
    model = PolicyRule
    fields = ["rid", "sub", "dom", "rtype", "act", "cond", "eft"]
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    has_change_permission = has_add_permission


@admin.register(PolicyVersion)
class PolicyVersionAdmin(GovernedAdmin[PolicyVersion]):
    read_act = Act.POLICY_READ
    list_display = ["number", "state", "published_at", "author", "note", "content_sha256"]
    inlines = [RuleInline]
