"""Evidence comes in: judged by its size and sent to the disk before any of it is held."""

from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from governance.access import foresee
from governance.board import when, who
from governance.errors import Conflict, Refused
from incidents.actions import collecting
from incidents.errors import TooLarge
from incidents.models import EvidenceItem, Incident
from incidents.permissions import Act
from incidents.web import evidence, finding
from partners.sbom.receiving import ReceivedFile, ReceivingHandler

MULTIPART_ROOM = 64 * 2**10


def incoming() -> Path:
    """Return where files lie while they come in: on the volume of the shelf."""
    return Path(settings.EVIDENCE_DIR) / "incoming"


def handler_for(request: HttpRequest) -> ReceivingHandler:
    """Install what streams the one file of ``request``; a body that is too long is not read.

    Raises:
        TooLarge: its length says that it cannot fit.
    """
    if int(request.headers.get("Content-Length") or 0) > limit() + MULTIPART_ROOM:
        raise TooLarge(too_large())
    handler = ReceivingHandler(incoming(), limit=limit())
    request.upload_handlers = [handler]
    return handler


def limit() -> int:
    """Return how many bytes one file may have."""
    return int(settings.EVIDENCE_MAX_BYTES)


def too_large() -> str:
    """Say what does not fit, and what to do."""
    return (
        f"The file is larger than {limit() // 2**20:,} MiB and was not kept. Split it, or keep it "
        "where it is and record its SHA-256 and place as evidence."
    )


@csrf_exempt
@require_POST
def upload(request: HttpRequest, reference: str) -> HttpResponse:
    """Take one file with what is said of it."""
    incident = finding.incident(request, reference)
    try:
        item = EvidenceItem(incident=incident)
        foresee(who(request), Act.EVIDENCE_ADD, item, at=when(request))
        handler = handler_for(request)
    except TooLarge as error:
        return evidence.page(request, reference, error=error.detail, status=413)
    try:
        return _take(request, reference, handler)
    finally:
        handler.discard_unfinished()


@csrf_protect
def _take(request: HttpRequest, reference: str, handler: ReceivingHandler) -> HttpResponse:
    incident = finding.incident(request, reference)
    file = request.FILES.get("file")
    if handler.is_too_large:
        return evidence.page(request, reference, error=too_large(), status=413)
    if not isinstance(file, ReceivedFile):
        return evidence.page(request, reference, error="Choose a file.", status=422)
    try:
        item = _receive(request, incident, file)
    except (Refused, Conflict) as error:
        return evidence.page(request, reference, error=error.detail, status=error.status)
    finally:
        file.discard()  # moved away when it was kept
    address = reverse("incidents:evidence_item", args=[reference, item.number])
    return HttpResponseRedirect(address, status=303)


def _receive(request: HttpRequest, incident: Incident, file: ReceivedFile) -> EvidenceItem:
    def word(name: str) -> str:
        return request.POST.get(name, "").replace("\0", "")[:2000]

    try:
        token = UUID(word("token"))
    except ValueError:
        token = uuid4()
    return collecting.receive(
        incident,
        file=file.path,
        sha256=file.sha256,
        size=file.size or 0,
        name=file.name or "file",
        token=token,
        claimed=word("sha256"),
        source=word("source"),
        note=word("note"),
        collected_by=word("collected_by"),
        by=who(request),
        at=when(request),
    )
