"""``/portal/deliver/<token>/``: one file for one request, by whoever holds the link.

Nobody signs in here, so nothing is told but which product is asked for; with ``curl`` the answer
is JSON.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from governance import boundary
from governance.board import when
from governance.errors import NotFound, WardroomError
from partners.actions import sbom_requests
from partners.models import SbomRequest
from partners.sbom.receiving import MAX_BYTES, ReceivedFile, ReceivingHandler
from partners.web import intakes, words

MULTIPART_ROOM = 64 * 2**10


@csrf_exempt  # the link itself is the proof: no session is used, so none can be abused
@require_http_methods(["GET", "HEAD", "POST"])
def deliver(request: HttpRequest, token: str) -> HttpResponse:
    """Show the form, or take the file: once, within seven days."""
    handler = ReceivingHandler(Path(settings.MEDIA_ROOT))
    request.upload_handlers = [handler]
    try:
        return _delivered(request, token, handler)
    except NotFound as error:
        return _page(request, None, error=error.detail, status=404)
    finally:
        handler.discard_unfinished()


def _delivered(request: HttpRequest, token: str, handler: ReceivingHandler) -> HttpResponse:
    at = when(request)
    row = sbom_requests.by_link(token, at=at)
    if request.method != "POST":
        return _page(request, row)
    if not row.link_counts_at(at):
        return _page(request, row, error="This link has taken its file.", status=409)
    if int(request.headers.get("Content-Length") or 0) > MAX_BYTES + MULTIPART_ROOM:
        return _page(request, row, error=_too_large(), status=413)
    file = request.FILES.get("sbom")
    if handler.is_too_large:
        return _page(request, row, error=_too_large(), status=413)
    if not isinstance(file, ReceivedFile) or not file.size:
        if isinstance(file, ReceivedFile):
            file.discard()
        return _page(
            request, row, error="Choose a file; this one was missing or empty.", status=422
        )
    by = sbom_requests.DELIVERER
    request_id = request.META["wardroom.request_id"]
    try:
        with (
            boundary.acting(by, at=at, request_id=request_id, is_request=True),
            boundary.walled(row.product.partner.party),
        ):
            intake, is_new = sbom_requests.deliver(
                row,
                file=file.name or "sbom",
                stored_as=file.stored_as,
                sha256=file.sha256,
                size=file.size,
                at=at,
            )
    except WardroomError:
        file.discard()
        raise
    if not is_new:
        file.discard()
    return _page(request, row, reference=str(intake.pk))


def _page(
    request: HttpRequest, row: SbomRequest | None, *, status: int = 200, **over: str
) -> HttpResponse:
    """Show the form while the link takes a file, and what became of the one it took before."""
    at = when(request)
    before = row.link_intake if row is not None else None
    if _wants_json(request):
        told: dict[str, Any] = {"status": status, **over}
        if row is not None:
            told["product"] = row.product.slug
        if before is not None and "reference" not in over:
            told |= {"reference": str(before.pk), "outcome": before.outcome}
        return _private(JsonResponse(told, status=status))
    context = {
        "row": row,
        "takes": row is not None and row.link_counts_at(at) and "reference" not in over,
        "intake": intakes.view(before, at=at) if before else None,
        "as_of": words.as_of(at),
        "limit": f"{MAX_BYTES // 2**20} MiB",
        "url": request.build_absolute_uri(),
        "home": reverse("portal:home"),
        **over,
    }
    return _private(render(request, "portal/deliver.html", context, status=status))


def _wants_json(request: HttpRequest) -> bool:
    return "text/html" not in request.headers.get("Accept", "")


def _private(response: HttpResponse) -> HttpResponse:
    """Keep the link out of caches and out of what the browser tells the next site."""
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _too_large() -> str:
    return f"The file is larger than {MAX_BYTES // 2**20} MiB and was not kept."
