"""``/portal/automation/``: keys and webhooks of a partner, and how a pipeline uses them."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from governance import access
from governance.board import when, who
from governance.domain.actor import Actor
from governance.errors import WardroomError
from partners import queries
from partners.actions import portal_keys, webhooks
from partners.domain.portal import Scope
from partners.domain.webhooks import KINDS
from partners.models import Partner, PortalKey
from partners.permissions import Act
from partners.web import hooks, words
from partners.web.doors import contact, fresh
from partners.web.words import Moment, State

SCOPES = {
    Scope.READ: "read findings, intakes and requests",
    Scope.UPLOAD: "hand over SBOMs",
    Scope.STATEMENTS: "answer findings and requests, hand over VEX",
    Scope.WEBHOOKS: "register, rotate and disable webhooks",
}
TERMS = ((30, "30 days"), (90, "90 days"), (180, "180 days"), (365, "a year"))
KEPT = 20


@contact
@require_safe
def page(request: HttpRequest, partner: Partner) -> HttpResponse:
    """Show keys, webhooks, and examples to copy."""
    return _page(request, partner)


@fresh
@contact
@require_POST
def issue(request: HttpRequest, partner: Partner) -> HttpResponse:
    """Issue a key and show it, this once."""
    try:
        _, key = portal_keys.issue(
            partner=partner,
            user=request.user,  # type: ignore[arg-type]
            name=request.POST.get("name", ""),
            scopes=request.POST.getlist("scopes"),
            days=_number(request.POST.get("days", "")),
            by=who(request),
            at=when(request),
        )
    except WardroomError as error:
        return _page(request, partner, key_error=error.detail, status=error.status)
    return _page(request, partner, shown=key)


@fresh
@contact
@require_POST
def rotate(request: HttpRequest, partner: Partner, pk: UUID) -> HttpResponse:
    """Issue a key in place of another, and show it, this once."""
    row = _key(request, pk)
    try:
        _, key = portal_keys.rotate(
            row,
            user=request.user,  # type: ignore[arg-type]
            by=who(request),
            at=when(request),
        )
    except WardroomError as error:
        return _page(request, partner, key_error=error.detail, status=error.status)
    return _page(request, partner, shown=key)


@contact
@require_POST
def revoke(request: HttpRequest, partner: Partner, pk: UUID) -> HttpResponse:
    """End a key now."""
    portal_keys.revoke(_key(request, pk), by=who(request), at=when(request))
    return HttpResponseRedirect(reverse("portal:automation"))


@fresh
@contact
@require_POST
def register(request: HttpRequest, partner: Partner) -> HttpResponse:
    """Take an address to tell, and show the secret that signs, this once."""
    try:
        _, secret = webhooks.register(
            partner=partner,
            url=request.POST.get("url", "").strip(),
            kinds=request.POST.getlist("kinds"),
            by=who(request),
            at=when(request),
        )
    except WardroomError as error:
        return _page(request, partner, hook_error=error.detail, status=error.status)
    return _page(request, partner, secret=secret)


@contact
@require_POST
def disable(request: HttpRequest, partner: Partner, pk: UUID) -> HttpResponse:
    """Tell an address nothing any more."""
    by, at = who(request), when(request)
    webhooks.disable(hooks.one(by, pk, at=at), why=f"Disabled by {by.name}.", by=by, at=at)
    return HttpResponseRedirect(reverse("portal:automation"))


@fresh
@contact
@require_POST
def rotate_secret(request: HttpRequest, partner: Partner, pk: UUID) -> HttpResponse:
    """Give a webhook a new secret, and show it, this once."""
    by, at = who(request), when(request)
    try:
        secret = webhooks.rotate(hooks.one(by, pk, at=at), by=by, at=at)
    except WardroomError as error:
        return _page(request, partner, hook_error=error.detail, status=error.status)
    return _page(request, partner, secret=secret)


@contact
@require_POST
def test(request: HttpRequest, partner: Partner, pk: UUID) -> HttpResponse:
    """Send a test message to a webhook."""
    by, at = who(request), when(request)
    try:
        webhooks.test(hooks.one(by, pk, at=at), by=by, at=at)
    except WardroomError as error:
        return _page(request, partner, hook_error=error.detail, status=error.status)
    return HttpResponseRedirect(f"{reverse('portal:automation')}#hooks")


def _key(request: HttpRequest, pk: UUID) -> PortalKey:
    by, at = who(request), when(request)
    rows = access.visible(PortalKey.objects.all(), to=by, act=Act.KEY_READ, at=at)
    row = rows.select_related("partner").filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def _page(
    request: HttpRequest, partner: Partner, *, status: int = 200, **over: str
) -> HttpResponse:
    by, at = who(request), when(request)
    first = queries.products(to=by, at=at).order_by("name").first()
    context = {
        "as_of": words.as_of(at),
        "partner": partner,
        "keys": _keys(by, at=at),
        "hooks": hooks.listed(by, at=at),
        "scopes": SCOPES.items(),
        "terms": TERMS,
        "kinds": KINDS.items(),
        "base": request.build_absolute_uri("/portal/api/v1/"),
        "product": first.slug if first else "your-product",
        **over,
    }
    response = render(request, "portal/automation.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _keys(by: Actor, *, at: datetime) -> list[dict[str, Any]]:
    rows = access.visible(PortalKey.objects.all(), to=by, act=Act.KEY_READ, at=at)
    found = []
    for row in rows.order_by("-created_at")[:KEPT]:
        counts = row.revoked_at is None and row.valid_to > at
        if row.revoked_at is not None:
            state = State("Revoked", "stop", "")
        elif not counts:
            state = State("Ended", "none", "")
        else:
            state = State("Counts", "ok", "ok")
        found.append(
            {
                "row": row,
                "state": state,
                "counts": counts,
                "scopes": ", ".join(row.scopes),
                "until": _moment(row.valid_to, at=at),
                "used": _moment(row.last_used_at, at=at) if row.last_used_at else None,
            }
        )
    return found


def _moment(instant: datetime, *, at: datetime) -> Moment:
    return words.moment(instant, zone=ZoneInfo("UTC"), at=at)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) <= 4 else 0
