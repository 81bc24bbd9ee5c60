"""Handing over an SBOM in the browser, and watching it being read."""

from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from governance import access
from governance.board import when, who
from governance.errors import WardroomError
from partners import queries
from partners.actions import receiving
from partners.models import Intake, Partner
from partners.permissions import Act
from partners.sbom.receiving import MAX_BYTES, ReceivedFile, ReceivingHandler
from partners.web import intakes, portal, words
from partners.web.doors import contact

MULTIPART_ROOM = 64 * 2**10


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


@csrf_exempt
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Take a file: its size is judged, and where it goes is set, before any of it is read."""
    handler = ReceivingHandler(Path(settings.MEDIA_ROOT))
    request.upload_handlers = [handler]
    try:
        if who(request).party and not _is_too_long(request):
            # A slow sender must not hold a transaction: the file is here before one begins.
            request.POST  # noqa: B018 - reads the body
        return _upload(request, handler)
    finally:
        handler.discard_unfinished()


def _is_too_long(request: HttpRequest) -> bool:
    return int(request.headers.get("Content-Length") or 0) > MAX_BYTES + MULTIPART_ROOM


@contact
def _upload(request: HttpRequest, partner: Partner, handler: ReceivingHandler) -> HttpResponse:
    if _is_too_long(request):
        return _again(request, partner, _too_large(), status=413)
    return _take(request, partner, handler)


@csrf_protect
def _take(request: HttpRequest, partner: Partner, handler: ReceivingHandler) -> HttpResponse:
    file = request.FILES.get("sbom")
    if handler.is_too_large:
        return _again(request, partner, _too_large(), status=413)
    if not isinstance(file, ReceivedFile) or not file.size:
        if isinstance(file, ReceivedFile):
            file.discard()
        return _again(request, partner, "Choose a file; this one was missing or empty.")
    by, at = who(request), when(request)
    product = queries.products(to=by, at=at).filter(slug=request.POST.get("product", "")).first()
    if product is None:
        file.discard()
        return _again(request, partner, "Choose one of your products. The file was not kept.")
    try:
        intake, is_new = receiving.receive(
            product,
            file=file.name or "sbom",
            stored_as=file.stored_as,
            sha256=file.sha256,
            size=file.size,
            by=by,
            at=at,
        )
    except WardroomError:
        file.discard()
        raise
    if not is_new:
        file.discard()
    return HttpResponseRedirect(reverse("portal:intake", args=[intake.pk]))


def _again(
    request: HttpRequest, partner: Partner, error: str, *, status: int = 422
) -> HttpResponse:
    context = portal.home_context(request, partner, error)
    return render(request, "portal/home.html", context, status=status)


def _too_large() -> str:
    return (
        f"The file is larger than {MAX_BYTES // 2**20} MiB and was not kept. Leave out embedded "
        "attachments, or split the product into several documents."
    )
