"""Handing over an SBOM in the browser, and watching it being read."""

from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from governance import access
from governance.board import when, who
from partners import queries
from partners.actions import receiving
from partners.models import Intake, Partner
from partners.permissions import Act
from partners.sbom.receiving import MAX_BYTES, ReceivedFile
from partners.web import files, intakes, portal, words
from partners.web.doors import contact

LINES = 50


@contact
@require_safe
def page(request: HttpRequest, partner: Partner, pk: UUID) -> HttpResponse:
    """Show what became of one file; htmx asks for the changing part alone."""
    at = when(request)
    rows = access.visible(Intake.objects.all(), to=who(request), act=Act.INTAKE_READ, at=at)
    intake = rows.select_related("product", "sbom").filter(pk=pk).first()
    if intake is None:
        raise Http404
    context = {"intake": intakes.view(intake, at=at), "partner": partner, "as_of": words.as_of(at)}
    is_part = request.headers.get("HX-Request") == "true"
    return render(request, "portal/intake_part.html" if is_part else "portal/intake.html", context)


@contact
@require_safe
def listing(request: HttpRequest, partner: Partner) -> HttpResponse:
    """Show all files that were handed over, the newest first, and what became of each."""
    at, before = when(request), request.GET.get("before", "")
    rows = access.visible(Intake.objects.all(), to=who(request), act=Act.INTAKE_READ, at=at)
    if before:
        last = rows.filter(pk=before).first() if _is_key(before) else None
        if last is None:
            raise Http404
        same = Q(received_at=last.received_at, pk__gt=last.pk)
        rows = rows.filter(same | Q(received_at__lt=last.received_at))
    found = list(rows.select_related("product", "sbom").order_by("-received_at", "pk")[: LINES + 1])
    context = {
        "rows": [intakes.view(one, at=at) for one in found[:LINES]],
        "next": found[LINES - 1].pk if len(found) > LINES else None,
        "partner": partner,
        "as_of": words.as_of(at),
    }
    return render(request, "portal/uploads.html", context)


def _is_key(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """List what was handed over, or take a file.

    The size of a file is judged, and where it goes is set, before any of it is read.
    """
    if request.method != "POST":
        return listing(request)
    return files.Sent(request, "sbom", limit=MAX_BYTES).answered(
        lambda sent: _upload(request, sent)
    )


@contact
def _upload(request: HttpRequest, partner: Partner, sent: files.Sent) -> HttpResponse:
    if sent.is_too_long:
        return _again(request, partner, sent.too_large)
    return _take(request, partner, sent)


@csrf_protect
def _take(request: HttpRequest, partner: Partner, sent: files.Sent) -> HttpResponse:
    try:
        intake = sent.keep(lambda file: _received(request, file))
    except files.Refusal as refusal:
        return _again(request, partner, refusal)
    return HttpResponseRedirect(reverse("portal:intake", args=[intake.pk]))


def _received(request: HttpRequest, file: ReceivedFile) -> tuple[Intake, bool]:
    by, at = who(request), when(request)
    product = queries.products(to=by, at=at).filter(slug=request.POST.get("product", "")).first()
    if product is None:
        raise files.Refusal("Choose one of your products. The file was not kept.")
    return receiving.receive(
        product,
        file=file.name or "sbom",
        stored_as=file.stored_as,
        sha256=file.sha256,
        size=file.size or 0,
        by=by,
        at=at,
    )


def _again(request: HttpRequest, partner: Partner, refusal: files.Refusal) -> HttpResponse:
    context = portal.home_context(request, partner, refusal.text)
    return render(request, "portal/home.html", context, status=refusal.status)
