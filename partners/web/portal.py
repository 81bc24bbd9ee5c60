"""``/portal/``: what is asked of a partner, by date, and where to hand an SBOM over."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from catalog.models import SharingRule
from catalog.permissions import Act as CatalogAct
from governance import access
from governance.board import when, who
from governance.errors import Refused
from partners import queries
from partners.models import Finding, Intake, Partner
from partners.permissions import Act
from partners.queries import filtering, paging
from partners.sbom.receiving import MAX_BYTES
from partners.web import deciding, findings, intakes, requests, rows, words
from partners.web.doors import contact
from partners.web.partners import products

ASKED, SHOWN = 3, 10
PAGE, FINDING = "portal:finding", "portal/finding.html"
STATES = ("open", "waived", "mitigated", "fixed", "withdrawn")


@contact
@require_safe
def home(request: HttpRequest, partner: Partner) -> HttpResponse:
    """Show what is owed, the last results, and the form."""
    return render(request, "portal/home.html", home_context(request, partner))


def home_context(request: HttpRequest, partner: Partner, error: str = "") -> dict[str, Any]:
    """Return what the start page shows; ``error`` stands at the file."""
    by, at = who(request), when(request)
    found = queries.findings(to=by, at=at)
    listed = paging.page(found.filter(state="open", due_at__isnull=False), "").rows
    own = [rows.row(values, at=at, page="portal:finding") for values in listed[:SHOWN]]
    visible = access.visible(Intake.objects.all(), to=by, act=Act.INTAKE_READ, at=at)
    recent = visible.select_related("product", "sbom")
    return {
        "as_of": words.as_of(at),
        "partner": partner,
        "standing": queries.standing(found, at=at),
        "asked": own[:ASKED],
        "requests": requests.asked(by, at=at),
        "rows": own,
        "products": products(queries.products(to=by, at=at)),
        "pending": [intakes.view(one, at=at) for one in recent.filter(outcome="pending")[:3]],
        "last": [intakes.view(one, at=at) for one in recent.exclude(outcome="pending")[:1]],
        "limit": f"{MAX_BYTES // 2**20} MiB",
        "in_time": _in_time(found, at=at),
        "rules": access.visible(
            SharingRule.objects.in_force(at), to=by, act=CatalogAct.SHARING_READ, at=at
        ),
        "error": error,
    }


def _in_time(found: QuerySet[Finding], *, at: datetime) -> tuple[int, int]:
    """Return how many of those due this year were fixed by their date."""
    counted = (
        found.filter(due_at__year=at.year, due_at__lt=at)
        .exclude(state="withdrawn")
        .order_by()
        .aggregate(
            due=Count("pk"), met=Count("pk", filter=Q(state="fixed", ended_at__lte=F("due_at")))
        )
    )
    return counted["met"], counted["due"]


@contact
@require_safe
def listing(request: HttpRequest, partner: Partner) -> HttpResponse:
    """Show all open findings of the partner, or those ended."""
    by, at = who(request), when(request)
    state = request.GET.get("state", "open")
    state = state if state in STATES else "open"
    found = filtering.narrowed(queries.findings(to=by, at=at), filtering.Wanted(state=state), at=at)
    page = paging.page(found, request.GET.get("after", ""))
    address = f"{reverse('portal:findings')}?state={state}"
    context = {
        "as_of": words.as_of(at),
        "partner": partner,
        "rows": [rows.row(values, at=at, page="portal:finding") for values in page.rows],
        "state": state,
        "states": [
            (one, filtering.STATES[one])
            for one in ("open", "waived", "mitigated", "fixed", "withdrawn")
        ],
        "standing": queries.standing(queries.findings(to=by, at=at), at=at),
        "is_first": page.is_first,
        "first_url": address,
        "next_url": f"{address}&after={page.next_key}" if page.next_key else "",
    }
    return render(request, "portal/findings.html", context)


@contact
@require_safe
def finding(request: HttpRequest, partner: Partner, pk: UUID) -> HttpResponse:
    """Show one finding to whom it concerns."""
    by, at = who(request), when(request)
    found = queries.findings(to=by, at=at)
    context = findings.detail(found, pk, to=by, at=at, page_name=PAGE)
    return render(request, FINDING, {**context, "partner": partner})


@contact
@require_POST
def give_answer(request: HttpRequest, partner: Partner, pk: UUID) -> HttpResponse:
    """Answer for one of the partner's findings."""
    return _submitted(request, partner, pk, "answer")


@contact
@require_POST
def ask_waiver(request: HttpRequest, partner: Partner, pk: UUID) -> HttpResponse:
    """Ask for a waiver of one of the partner's findings."""
    return _submitted(request, partner, pk, "waiver")


def _submitted(request: HttpRequest, partner: Partner, pk: UUID, kind: str) -> HttpResponse:
    try:
        return deciding.submit(request, pk, kind, PAGE)
    except Refused as error:
        return findings.again(request, pk, FINDING, PAGE, error, partner=partner)
