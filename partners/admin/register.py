"""The register on the board: people at partners, facts, tiers set against them, sub-suppliers."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from governance.board import GovernedAdmin, when, who
from partners.actions import contacts, tiering
from partners.models import Contact, PartnerFacts, SubSupplier, TierOverride
from partners.permissions import Act


@admin.register(Contact)
class ContactAdmin(GovernedAdmin[Contact]):
    """Contacts end, they are not rewritten; invited ones act in the portal."""

    read_act, write_act = Act.CONTACT_READ, Act.CONTACT_CHANGE
    list_display = ["partner", "role", "name", "email", "user", "ended_at"]
    list_filter = ["partner", "role"]
    list_select_related = ["partner", "user"]
    fields = ["partner", "role", "name", "email", "phone"]
    actions = ["invite", "end"]

    def has_change_permission(self, request: HttpRequest, obj: Contact | None = None) -> bool:
        return False

    def create(self, request: HttpRequest, obj: Contact, data: dict[str, Any]) -> Contact:
        return contacts.add(**data, by=who(request), at=when(request))

    @admin.action(description="Invite to the portal")
    def invite(self, request: HttpRequest, rows: QuerySet[Contact]) -> None:
        address = request.build_absolute_uri(reverse("account_reset_password"))
        self.each(
            request,
            rows.select_related("partner"),
            lambda row, _: contacts.invite(row, address=address, by=who(request), at=when(request)),
            "people invited",
        )

    @admin.action(description="End contact, and the account")
    def end(self, request: HttpRequest, rows: QuerySet[Contact]) -> None:
        self.each(
            request,
            rows.select_related("user"),
            lambda row, why: contacts.end(row, reason=why, by=who(request), at=when(request)),
            "contacts ended",
        )


@admin.register(PartnerFacts)
class PartnerFactsAdmin(GovernedAdmin[PartnerFacts]):
    """What a tier follows from."""

    read_act, write_act = Act.FACTS_READ, Act.FACTS_STATE
    list_display = ["partner", "halt_hours", "has_substitute", "data", "connection", "stated_at"]
    list_select_related = ["partner"]
    fields = ["partner", "halt_hours", "has_substitute", "data", "connection"]

    def get_readonly_fields(
        self, request: HttpRequest, obj: PartnerFacts | None = None
    ) -> list[str]:
        return ["partner"] if obj else []

    def create(self, request: HttpRequest, obj: PartnerFacts, data: dict[str, Any]) -> PartnerFacts:
        partner = data.pop("partner", None) or obj.partner
        tiering.state(partner, **data, by=who(request), at=when(request))
        return PartnerFacts.objects.get(partner=partner)

    def change(self, request: HttpRequest, obj: PartnerFacts, data: dict[str, Any]) -> PartnerFacts:
        return self.create(request, obj, data)


@admin.register(TierOverride)
class TierOverrideAdmin(GovernedAdmin[TierOverride]):
    """A tier against the facts, with reason and end."""

    read_act, write_act = Act.TIER_OVERRIDE, Act.TIER_OVERRIDE
    list_display = ["partner", "tier", "reason", "set_by", "valid_from", "valid_to"]
    list_select_related = ["partner"]
    fields = ["partner", "tier", "reason", "valid_to"]

    def has_change_permission(self, request: HttpRequest, obj: TierOverride | None = None) -> bool:
        return False

    def create(self, request: HttpRequest, obj: TierOverride, data: dict[str, Any]) -> TierOverride:
        days = (data["valid_to"] - when(request)).days
        return tiering.override(
            data["partner"],
            tier=data["tier"],
            reason=data["reason"],
            days=days,
            by=who(request),
            at=when(request),
        )


@admin.register(SubSupplier)
class SubSupplierAdmin(GovernedAdmin[SubSupplier]):
    """Whom a partner itself depends on."""

    read_act, write_act = Act.SUPPLIER_READ, Act.SUPPLIER_CHANGE
    list_display = ["partner", "name", "supplies", "country", "known_as"]
    list_filter = ["partner"]
    list_select_related = ["partner", "known_as"]
    fields = ["partner", "name", "supplies", "country", "known_as"]

    def has_change_permission(self, request: HttpRequest, obj: SubSupplier | None = None) -> bool:
        return False

    def create(self, request: HttpRequest, obj: SubSupplier, data: dict[str, Any]) -> SubSupplier:
        return contacts.supplied_by(**data, by=who(request), at=when(request))
