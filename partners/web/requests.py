"""What we ask a partner for: declined with a reason, or answered by a link without an account."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from governance import access
from governance.board import when, who
from governance.domain.actor import Actor
from partners import queries
from partners.actions import sbom_requests
from partners.domain.portal import LINK_TERM
from partners.models import Partner, Product, SbomRequest
from partners.permissions import Act
from partners.web import words
from partners.web.doors import contact, staff

DAYS = 14


def asked(by: Actor, *, at: datetime, partner: Partner | None = None) -> list[dict[str, Any]]:
    """Return the open requests that ``by`` may read, of ``partner`` alone where one is named."""
    rows = access.visible(SbomRequest.objects.open(), to=by, act=Act.REQUEST_READ, at=at)
    if partner is not None:
        rows = rows.filter(product__partner=partner)
    found = []
    for row in rows.select_related("product__site").order_by("due_at", "id")[:20]:
        zone = ZoneInfo(row.product.site.time_zone)
        found.append(
            {
                "pk": row.pk,
                "product": row.product.name,
                "reason": row.reason,
                "due": words.moment(row.due_at, zone=zone, at=at),
                "is_late": row.due_at < at,
                "link_until": words.moment(row.link_until, zone=zone, at=at)
                if row.link_until and row.link_until > at
                else None,
            }
        )
    return found


def _one(request: HttpRequest, pk: UUID) -> SbomRequest:
    by, at = who(request), when(request)
    rows = access.visible(SbomRequest.objects.all(), to=by, act=Act.REQUEST_READ, at=at)
    row = rows.select_related("product__partner", "product__site").filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


@contact
@require_POST
def link(request: HttpRequest, partner: Partner, pk: UUID) -> HttpResponse:
    """Make a link for somebody without an account, and show it, this once."""
    row = _one(request, pk)
    token = sbom_requests.give_link(row, by=who(request), at=when(request))
    return _link_page(request, row, token, {"partner": partner, "frame": "portal/frame.html"})


@contact
@require_POST
def decline(request: HttpRequest, partner: Partner, pk: UUID) -> HttpResponse:
    """Say no to a request, with a reason."""
    sbom_requests.decline(
        _one(request, pk), why=request.POST.get("why", ""), by=who(request), at=when(request)
    )
    return HttpResponseRedirect(reverse("portal:home"))


@staff
@require_POST
def ask(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask a partner for the SBOM of a product."""
    by, at = who(request), when(request)
    products = queries.products(to=by, at=at).filter(partner__slug=slug)
    product: Product | None = (
        products.select_related("partner").filter(slug=request.POST.get("product", "")).first()
    )
    if product is None:
        raise Http404
    days = request.POST.get("days", str(DAYS))
    sbom_requests.ask(
        product=product,
        reason=request.POST.get("reason", ""),
        days=int(days) if days.isdecimal() and len(days) <= 3 else 0,
        by=by,
        at=at,
    )
    return HttpResponseRedirect(f"{reverse('partners:partner', args=[slug])}#asked")


@staff
@require_POST
def staff_link(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make a link for a supplier without an account, and show it, this once."""
    row = _one(request, pk)
    token = sbom_requests.give_link(row, by=who(request), at=when(request))
    back = reverse("partners:partner", args=[row.product.partner.slug])
    return _link_page(request, row, token, {"frame": "base.html", "back": back})


@staff
@require_POST
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask no longer."""
    row = _one(request, pk)
    sbom_requests.withdraw(row, by=who(request), at=when(request))
    return HttpResponseRedirect(reverse("partners:partner", args=[row.product.partner.slug]))


def _link_page(
    request: HttpRequest, row: SbomRequest, token: str, context: dict[str, Any]
) -> HttpResponse:
    at = when(request)
    until = words.moment(at + LINK_TERM, zone=ZoneInfo(row.product.site.time_zone), at=at)
    context = {
        "back": reverse("portal:home"),
        **context,
        "product": row.product.name,
        "url": request.build_absolute_uri(reverse("portal:deliver", args=[token])),
        "until": until,
        "as_of": words.as_of(at),
    }
    response = render(request, "portal/link.html", context)
    response["Cache-Control"] = "no-store"
    return response
