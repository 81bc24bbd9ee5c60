"""Bills of materials and intakes on the board, for reading only."""

from django.contrib import admin

from governance.board import GovernedAdmin
from partners.models import Intake, Sbom
from partners.permissions import Act


@admin.register(Sbom)
class SbomAdmin(GovernedAdmin[Sbom]):
    read_act = Act.SBOM_READ
    list_display = [
        "product",
        "received_at",
        "is_current",
        "format",
        "received",
        "stored",
        "quarantined",
        "merged",
    ]
    list_filter = ["is_current", "product__partner"]
    list_select_related = ["product__partner"]
    search_fields = ["=sha256", "=serial"]


@admin.register(Intake)
class IntakeAdmin(GovernedAdmin[Intake]):
    read_act = Act.INTAKE_READ
    list_display = ["file", "product", "received_at", "received_by", "outcome", "problems_count"]
    list_filter = ["outcome", "product__partner"]
    list_select_related = ["product__partner"]
    search_fields = ["=sha256"]
