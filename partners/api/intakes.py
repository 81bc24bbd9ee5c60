"""``/portal/api/v1/sboms/``: hand an SBOM over; ``intakes/{id}/``: what became of it."""

from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance import access
from governance.api import idempotency
from governance.board import when, who
from governance.errors import NotFound
from partners.actions import receiving
from partners.api.doors import Contacts
from partners.api.shapes import INTAKE_FIELDS, IntakeRow, UploadForm
from partners.api.uploads import Uploads
from partners.domain.portal import Scope
from partners.models import Intake, Product
from partners.permissions import Act
from partners.sbom.receiving import MAX_BYTES, ReceivedFile


class Upload(Uploads):
    """Hand over one SBOM for one of your products."""

    scopes = {"POST": Scope.UPLOAD}
    field, limit = "sbom", MAX_BYTES

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
        by, at = who(request._request), when(request._request)

        def answer(file: ReceivedFile, product: Product) -> tuple[Response, bool]:
            intake, is_new = receiving.receive(
                product,
                file=file.name or "sbom",
                stored_as=file.stored_as,
                sha256=file.sha256,
                size=file.size or 0,
                by=by,
                at=at,
            )
            row = Intake.objects.filter(pk=intake.pk).values(*INTAKE_FIELDS).get()
            headers = {"Location": reverse("portal-api-intake", args=[intake.pk])}
            status = 202 if is_new else 200
            return Response(IntakeRow(row).data, status=status, headers=headers), is_new

        return self.taken(request, answer)


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
