"""The register on the board: partners and products."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from governance.board import GovernedAdmin, when, who
from partners.actions import policies, registering
from partners.models import Partner, Product
from partners.permissions import Act

TERMS = ("contract_critical_days", "contract_other_days", "is_trusted")


@admin.register(Partner)
class PartnerAdmin(GovernedAdmin[Partner]):
    """A partner's slug stays: commands and addresses hang on it."""

    read_act, write_act = Act.PARTNER_READ, Act.PARTNER_CHANGE
    list_display = ["name", "slug", "tier", "tier_reason", "contact"]
    list_filter = ["tier"]
    search_fields = ["name", "slug"]
    fields = ["slug", "name", "tier", "tier_reason", "contact", *TERMS]

    def get_readonly_fields(self, request: HttpRequest, obj: Partner | None = None) -> list[str]:
        return ["slug"] if obj else []

    def create(self, request: HttpRequest, obj: Partner, data: dict[str, Any]) -> Partner:
        terms = {name: data.pop(name, None) for name in TERMS}
        row = registering.partner(**data, by=who(request), at=when(request))
        return self._agree(request, row, terms) if any(terms.values()) else row

    def change(self, request: HttpRequest, obj: Partner, data: dict[str, Any]) -> Partner:
        terms = {name: data.pop(name, None) for name in TERMS}
        before = Partner.objects.filter(pk=obj.pk).values(*TERMS).first()
        row = registering.change(obj, **data, by=who(request), at=when(request))
        return row if terms == before else self._agree(request, row, terms)

    def _agree(self, request: HttpRequest, row: Partner, terms: dict[str, Any]) -> Partner:
        return policies.agree_terms(
            row,
            critical_days=terms["contract_critical_days"],
            other_days=terms["contract_other_days"],
            is_trusted=bool(terms["is_trusted"]),
            by=who(request),
            at=when(request),
        )


@admin.register(Product)
class ProductAdmin(GovernedAdmin[Product]):
    """A product's partner and site stay: the dates of its findings hang on them."""

    read_act, write_act = Act.PRODUCT_READ, Act.PRODUCT_CHANGE
    list_display = ["name", "partner", "site", "slug"]
    list_filter = ["partner", "site"]
    list_select_related = ["partner", "site"]
    search_fields = ["name", "slug"]
    fields = ["partner", "slug", "name", "site", "is_exposed"]

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> list[str]:
        return ["partner", "slug", "site"] if obj else []

    def create(self, request: HttpRequest, obj: Product, data: dict[str, Any]) -> Product:
        return registering.product(**data, by=who(request), at=when(request))

    def change(self, request: HttpRequest, obj: Product, data: dict[str, Any]) -> Product:
        return registering.describe_product(obj, **data, by=who(request), at=when(request))
