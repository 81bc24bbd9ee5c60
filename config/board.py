"""The board's index and menu: what needs a decision, and where everything is."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse

from governance import registries
from governance.models import Governed

MENU: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "Decide",
        (
            ("Access requests", "rule", "governance_accessrequest"),
            ("Access reviews", "checklist", "governance_accessreview"),
            ("Drift", "compare_arrows", "governance_driftfinding"),
            ("Proposed labels", "label", "catalog_labelassertion"),
        ),
    ),
    (
        "Data",
        (
            ("Assets", "database", "catalog_asset"),
            ("Contracts", "description", "catalog_contract"),
            ("Glossary", "menu_book", "catalog_businessterm"),
            ("Taxonomy", "account_tree", "catalog_term"),
            ("Retention rules", "auto_delete", "catalog_retentionrule"),
            ("Exemptions", "pause_circle", "catalog_exemption"),
            ("Harvests", "sync", "catalog_harvestrun"),
        ),
    ),
    (
        "Network",
        (
            ("Zones", "lan", "catalog_zone"),
            ("Conduits", "route", "catalog_conduit"),
            ("Flows", "swap_horiz", "catalog_flow"),
        ),
    ),
    (
        "Access",
        (
            ("Systems", "dns", "governance_governedsystem"),
            ("Grants", "key", "governance_grant"),
            ("Reviewed access", "fact_check", "governance_accessreviewitem"),
            ("Sealed access", "lock", "governance_sealedaccess"),
            ("Opened seals", "lock_open", "governance_activation"),
            ("Accounts", "badge", "governance_principalalias"),
            ("Separation of duties", "call_split", "governance_sodrule"),
            ("Revocation plans", "remove_moderator", "governance_revocationplan"),
            ("Policy", "gavel", "governance_policyversion"),
            ("Enforcement points", "vpn_key", "governance_enforcementpoint"),
            ("Foreign entities", "contacts", "governance_entity"),
        ),
    ),
    (
        "Partners",
        (
            ("Partners", "handshake", "partners_partner"),
            ("Products", "deployed_code", "partners_product"),
            ("Contacts", "contact_mail", "partners_contact"),
            ("Sharing rules", "share", "catalog_sharingrule"),
            ("Findings", "bug_report", "partners_finding"),
        ),
    ),
    ("Incidents", (("Incidents", "emergency", "incidents_incident"),)),
    (
        "People",
        (
            ("People", "person", "governance_user"),
            ("Memberships", "badge", "governance_membership"),
            ("Roles", "groups", "governance_role"),
            ("Absences", "event_busy", "governance_absence"),
            ("Sites", "factory", "governance_site"),
        ),
    ),
    (
        "Evidence",
        (
            ("Audit log", "history", "governance_auditevent"),
            ("Log integrity", "verified", "governance_auditverification"),
            ("Decisions", "fact_check", "governance_decisionlog"),
            ("Backups", "backup", "governance_backupattestation"),
            ("Background work", "manufacturing", "governance_job"),
        ),
    ),
)


def style_sheet(request: HttpRequest) -> str:
    """Return the address of what the board adds to its theme."""
    return static("board.css")


def only_governed() -> None:
    """Take models of other packages off the board: their pages would write past the actions."""
    for model in list(admin.site._registry):
        if not issubclass(model, Governed):
            admin.site.unregister(model)


def _changelist(name: str) -> str | None:
    try:
        return reverse(f"admin:{name}_changelist")
    except NoReverseMatch:
        return None


def _may_open(request: HttpRequest, name: str) -> bool:
    app, _, model = name.partition("_")
    page = admin.site._registry.get(apps.get_model(app, model))
    return page is not None and page.has_view_permission(request)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the menu, as far as this person may open it."""
    groups = []
    for title, entries in MENU:
        items = [
            {"title": label, "icon": icon, "link": link}
            for label, icon, name in entries
            if (link := _changelist(name)) is not None and _may_open(request, name)
        ]
        if items:
            groups.append({"title": title, "separator": True, "items": items})
    return groups


def index(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what waits for this person, soonest due first."""
    actor, at = request.actor, request.at  # type: ignore[attr-defined]
    waiting = [duty for _, lines in registries.duties for duty in lines(actor, at)]
    waiting.sort(key=lambda duty: (duty.due_at is None, duty.due_at or at))
    context["duties"] = waiting
    context["title"] = "Data governance board"
    context["places"] = navigation(request)
    return context
