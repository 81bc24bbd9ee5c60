"""``/portal/incidents/``: what a partner was told of incidents, and what it says to them.

These views run behind the wall and read copies made for the partner alone. A page is found by
an opaque cursor; how much there is besides is nowhere to be learned.
"""

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from governance import access
from governance.board import when, who
from governance.errors import Refused
from incidents.actions import sharing
from incidents.models import PartnerEntry, PartnerSlice
from incidents.permissions import Act
from partners.models import Partner
from partners.web.doors import contact

PAGE = 50


@contact
@require_safe
def index(request: HttpRequest, partner: Partner) -> HttpResponse:
    """List the incidents that the partner was told of, newest first."""
    context = {"partner": partner, "rows": list(_seen(request)[:PAGE]), "now": when(request)}
    return render(request, "portal/incidents.html", context)


@contact
@require_safe
def show(request: HttpRequest, partner: Partner, pk: UUID) -> HttpResponse:
    """Show one, newest lines first; ``?before=cursor`` turns the page."""
    return _page(request, partner, _slice(request, pk))


@contact
@require_POST
def answer(request: HttpRequest, partner: Partner, pk: UUID) -> HttpResponse:
    """Take what the partner says."""
    part = _slice(request, pk)
    text = request.POST.get("text", "").replace("\0", "")
    try:
        sharing.answer(part, text, by=who(request), at=when(request))
    except Refused as error:
        return _page(request, partner, part, error=error.detail, text=text, status=error.status)
    return HttpResponseRedirect(reverse("portal_incidents:incident", args=[pk]), status=303)


def _seen(request: HttpRequest) -> QuerySet[PartnerSlice]:
    """Filter by the party in SQL here, besides policy and wall."""
    by: str = who(request).party
    rows = PartnerSlice.objects.filter(party=by)
    return access.visible(rows, to=who(request), act=Act.SLICE_READ, at=when(request))


def _slice(request: HttpRequest, pk: UUID) -> PartnerSlice:
    row = _seen(request).filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def _lines(part: PartnerSlice, before: str) -> tuple[list[PartnerEntry], str]:
    """Return a page of lines and the cursor of the next; an unknown cursor begins anew."""
    rows = PartnerEntry.objects.filter(slice=part, party=part.party)
    edge = rows.filter(cursor=before).first() if _is_uuid(before) else None
    if edge is not None:
        older = Q(starts_at__lt=edge.starts_at) | Q(starts_at=edge.starts_at, pk__lt=edge.pk)
        rows = rows.filter(older)
    found = list(rows[: PAGE + 1])
    return found[:PAGE], str(found[PAGE - 1].cursor) if len(found) > PAGE else ""


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _page(
    request: HttpRequest,
    partner: Partner,
    part: PartnerSlice,
    *,
    error: str = "",
    text: str = "",
    status: int = 200,
) -> HttpResponse:
    lines, following = _lines(part, request.GET.get("before", ""))
    at: datetime = when(request)
    context = {
        "partner": partner,
        "part": part,
        "lines": lines,
        "following": following,
        "is_ended": part.phase in ("closed", "dismissed", "merged"),
        "error": error,
        "text": text,
        "now": at,
    }
    return render(request, "portal/incident.html", context, status=status)
