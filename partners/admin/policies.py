"""Patching terms on the board: decided as a new version, never changed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from governance.board import GovernedAdmin, when, who
from partners.actions import policies
from partners.models import PatchPolicy
from partners.permissions import Act


@admin.register(PatchPolicy)
class PatchPolicyAdmin(GovernedAdmin[PatchPolicy]):
    """What standing findings keep is their own version; ``recompute_patch_sla`` moves them."""

    read_act, write_act = Act.POLICY_READ, Act.POLICY_DECIDE
    list_display = ["version", "critical_days", "other_days", "uses_bod_26_04", "decided_at"]
    fields = ["critical_days", "other_days", "uses_kev", "uses_bod_26_04", "anchor", "reason"]

    def has_change_permission(self, request: HttpRequest, obj: PatchPolicy | None = None) -> bool:
        return False

    def create(self, request: HttpRequest, obj: PatchPolicy, data: dict[str, Any]) -> PatchPolicy:
        return policies.decide(**data, by=who(request), at=when(request))
