"""Data contracts on the board: handed over as files, put in force, retired."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from unfold.widgets import UnfoldAdminFileFieldWidget

from catalog.actions import contracting
from catalog.documents.faults import Bounds
from catalog.models import Contract
from catalog.permissions import Act
from governance.board import GovernedAdmin, when, who

MAX_BYTES = Bounds().size


class ContractForm(forms.ModelForm):  # type: ignore[type-arg]
    """A file and the site at which the contract holds."""

    document = forms.FileField(
        widget=UnfoldAdminFileFieldWidget,
        help_text=f"ODCS 2.2.x, 3.0.x or 3.1.0, YAML or JSON, up to {MAX_BYTES // 2**20} MiB.",
    )


@admin.register(Contract)
class ContractAdmin(GovernedAdmin[Contract]):
    read_act, write_act = Act.CONTRACT_READ, Act.CONTRACT_IMPORT
    form = ContractForm
    list_display = [
        "contract_id",
        "version",
        "name",
        "site",
        "state",
        "is_valid",
        "fault_count",
        "warning_count",
        "imported_at",
    ]
    list_filter = ["state", "is_valid", "site"]
    list_select_related = ["site"]
    search_fields = ["contract_id", "name"]
    actions = ["activate", "retire"]

    def get_fields(self, request: HttpRequest, obj: Contract | None = None) -> list[str]:
        if obj is None:
            return ["site", "document"]
        return [
            "contract_id",
            "version",
            "name",
            "site",
            "state",
            "status",
            "api_version",
            "is_valid",
            "sha256",
            "findings",
            "bound",
            "imported_by",
            "imported_at",
            "activated_at",
            "retired_at",
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Contract | None = None) -> list[str]:
        return self.get_fields(request, obj) if obj else []

    def create(self, request: HttpRequest, obj: Contract, data: dict[str, Any]) -> Contract:
        # One byte more than is read, so that a larger file is told as such.
        body = data["document"].read(MAX_BYTES + 1)
        told = contracting.take(body, site=data["site"], by=who(request), at=when(request))
        return told.contract

    @admin.display(description="Findings")
    def findings(self, contract: Contract) -> str:
        """List faults, then warnings, each with its pointer."""
        found = [("fault", one) for one in contract.faults]
        found += [("warning", one) for one in contract.warnings]
        return _lines((f"{sort} {one['pointer']}: {one['detail']}",) for sort, one in found)

    @admin.display(description="Assets")
    def bound(self, contract: Contract) -> str:
        """List each object and property with its asset."""
        return _lines(
            (f"{one.pointer} {one.name}: {one.asset or _why(one.candidates)}",)
            for one in contract.bindings.select_related("asset")
        )

    @admin.action(description="Put in force")
    def activate(self, request: HttpRequest, rows: QuerySet[Contract]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: contracting.activate(
                row, reason=why, by=who(request), at=when(request)
            ),
            "contracts put in force",
        )

    @admin.action(description="Retire")
    def retire(self, request: HttpRequest, rows: QuerySet[Contract]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: contracting.retire(row, reason=why, by=who(request), at=when(request)),
            "contracts retired",
        )


def _lines(lines: Any) -> str:
    return format_html_join("", "<div>{}</div>", lines) or "none"


def _why(candidates: list[int]) -> str:
    return f"{len(candidates)} assets fit" if candidates else "no asset"
