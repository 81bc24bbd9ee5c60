"""``/portal/api/v1/sboms/``: hand an SBOM over; ``intakes/{id}/``: what became of it."""

from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance import access
from governance.api import idempotency
from governance.board import when, who
from governance.errors import BadInput, NotFound
from partners import queries
from partners.actions import receiving
from partners.api.doors import Contacts, once
from partners.api.shapes import INTAKE_FIELDS, IntakeRow, UploadForm
from partners.domain.portal import Scope
from partners.errors import TooLarge
from partners.models import Intake
from partners.permissions import Act
from partners.sbom.receiving import MAX_BYTES, ReceivedFile, ReceivingHandler

MULTIPART_ROOM = 64 * 2**10


class Upload(Contacts, APIView):
    """Hand over one SBOM for one of your products."""

    parser_classes = [MultiPartParser]
    scopes = {"POST": Scope.UPLOAD}

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """Say where the file goes before any of it is read."""
        self.handler = ReceivingHandler(Path(settings.MEDIA_ROOT))
        request.upload_handlers = [self.handler]
        return super().initialize_request(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        self.handler.discard_unfinished()
        return super().finalize_response(request, response, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if int(request.headers.get("Content-Length") or 0) > MAX_BYTES + MULTIPART_ROOM:
            raise _too_large()
        super().initial(request, *args, **kwargs)

    @extend_schema(
        operation_id="portal_sboms_create",
        request={"multipart/form-data": UploadForm},
        responses={
            202: OpenApiResponse(IntakeRow, "Received; Location says where to watch it."),
            200: OpenApiResponse(IntakeRow, "The same bytes were handed over before."),
        },
        parameters=[idempotency.parameter("hands over", is_required=False)],
    )
    def post(self, request: Request) -> Response:
        """Receive the file and put off reading it; the same file twice is no work."""
        file = request.FILES.get("sbom")
        if self.handler.is_too_large:
            raise _too_large()
        if not isinstance(file, ReceivedFile):
            raise BadInput("The form has no file of this name.", pointer="/sbom")
        product = request._request.POST.get("product", "")
        self.is_taken = False
        try:
            sent = f"{file.sha256} {product}".encode()
            return once(request, self.partner, sent, lambda: self._answer(request, file))
        finally:
            if not self.is_taken:
                file.discard()

    def _answer(self, request: Request, file: ReceivedFile) -> Response:
        intake, is_new = self._receive(request, file)
        self.is_taken = is_new
        row = Intake.objects.filter(pk=intake.pk).values(*INTAKE_FIELDS).get()
        place = reverse("portal-api-intake", args=[intake.pk])
        return Response(
            IntakeRow(row).data, status=202 if is_new else 200, headers={"Location": place}
        )

    def _receive(self, request: Request, file: ReceivedFile) -> tuple[Intake, bool]:
        by, at = who(request._request), when(request._request)
        if not file.size:
            raise BadInput("The file is empty.", pointer="/sbom")
        slug = request._request.POST.get("product", "")
        product = queries.products(to=by, at=at).filter(slug=slug.replace("\0", "")).first()
        if product is None:
            raise BadInput("This is no slug of a product of yours.", pointer="/product")
        return receiving.receive(
            product,
            file=file.name or "sbom",
            stored_as=file.stored_as,
            sha256=file.sha256,
            size=file.size,
            by=by,
            at=at,
        )


class IntakeDetail(Contacts, APIView):
    """What became of a file that was handed over."""

    @extend_schema(operation_id="portal_intakes_retrieve", responses=IntakeRow)
    def get(self, request: Request, pk: UUID) -> Response:
        """Return it; another partner's intake is answered like none."""
        by, at = who(request._request), when(request._request)
        rows = access.visible(Intake.objects.filter(pk=pk), to=by, act=Act.INTAKE_READ, at=at)
        row = rows.values(*INTAKE_FIELDS).first()
        if row is None:
            raise NotFound("There is no such intake, or none for you.")
        return Response(IntakeRow(row).data)


def _too_large() -> TooLarge:
    return TooLarge(f"More than {MAX_BYTES // 2**20} MiB; nothing was kept.", pointer="/sbom")
