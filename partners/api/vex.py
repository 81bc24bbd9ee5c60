"""``/portal/api/v1/vex/``: hand a VEX document over; ``vex/{id}/``: what became of it."""

from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.api import idempotency
from governance.board import when, who
from governance.errors import NotFound
from partners.actions import vex_documents
from partners.api.doors import Contacts
from partners.api.shapes import ProblemRow, Row
from partners.api.uploads import Uploads
from partners.domain.portal import Scope
from partners.models import AnswerDocument, Product, Standing, Taking
from partners.queries import vex
from partners.sbom.receiving import ReceivedFile


class StatementRow(serializers.Serializer[Row]):
    """One statement as the document makes it, and how it stands."""

    id = serializers.IntegerField()
    place = serializers.CharField(help_text="RFC 6901, or a path in XML.")
    vulnerability = serializers.CharField(source="name", allow_blank=True)
    component = serializers.CharField(source="subject", allow_blank=True)
    status = serializers.CharField(allow_blank=True)
    standing = serializers.ChoiceField(choices=Standing.values)
    reason = serializers.CharField(allow_blank=True, help_text="Why it says nothing to us.")


class StatementCounts(serializers.Serializer[Row]):
    """How many statements stand how; together as many as the document makes."""

    applied = serializers.IntegerField()
    to_review = serializers.IntegerField()
    rejected = serializers.IntegerField()
    unresolved = serializers.IntegerField()
    unusable = serializers.IntegerField()


class VexRow(serializers.Serializer[Row]):
    """A VEX document and what became of it."""

    id = serializers.UUIDField()
    product = serializers.SlugField(source="product__slug")
    file = serializers.CharField(allow_blank=True)
    sha256 = serializers.CharField()
    size = serializers.IntegerField()
    received_at = serializers.DateTimeField()
    outcome = serializers.ChoiceField(choices=Taking.values)
    finished_at = serializers.DateTimeField(allow_null=True)
    format = serializers.CharField(allow_blank=True)
    author = serializers.CharField(allow_blank=True)
    counts = StatementCounts()
    problems = ProblemRow(many=True)
    problems_count = serializers.IntegerField()


class StatementPage(serializers.Serializer[Row]):
    """Statements in the document's order."""

    next_after = serializers.IntegerField(allow_null=True, help_text="Ask with it as `after`.")
    results = StatementRow(many=True)


class VexForm(serializers.Serializer[Row]):
    """One document for one product."""

    product = serializers.SlugField(help_text="Slug of one of your products.")
    vex = serializers.FileField(
        help_text="CycloneDX (JSON or XML), OpenVEX 0.2 or CSAF 2.0, up to 16 MiB, also in gzip."
    )


FIELDS = (
    "id", "product__slug", "file", "sha256", "size", "received_at", "outcome", "finished_at",
    "format", "author", "problems", "problems_count",
)  # fmt: skip


class Upload(Uploads):
    """Hand over one VEX document for one of your products."""

    scopes = {"POST": Scope.STATEMENTS}
    field, limit = "vex", vex_documents.MAX_BYTES

    @extend_schema(
        operation_id="portal_vex_create",
        request={"multipart/form-data": VexForm},
        responses={
            202: OpenApiResponse(VexRow, "Received; Location says where to watch it."),
            200: OpenApiResponse(VexRow, "The same bytes were handed over before."),
        },
        parameters=[idempotency.parameter("hands over", is_required=False)],
    )
    def post(self, request: Request) -> Response:
        """Receive the file and put off reading it; the same file twice is no work."""
        by, at = who(request._request), when(request._request)

        def answer(file: ReceivedFile, product: Product) -> tuple[Response, bool]:
            row, is_new = vex_documents.receive(
                product,
                file=file.name or "vex",
                stored_as=file.stored_as,
                sha256=file.sha256,
                size=file.size or 0,
                by=by,
                at=at,
            )
            headers = {"Location": reverse("portal-api-vex-document", args=[row.pk])}
            status = 202 if is_new else 200
            return Response(_told(row.pk), status=status, headers=headers), is_new

        return self.taken(request, answer)


class VexDetail(Contacts, APIView):
    """What became of a VEX document that was handed over."""

    @extend_schema(operation_id="portal_vex_retrieve", responses=VexRow)
    def get(self, request: Request, pk: UUID) -> Response:
        """Return it; another partner's document is answered like none."""
        return Response(_told(_own(request, pk).pk))


class VexStatements(Contacts, APIView):
    """Each statement of a VEX document, and how it stands."""

    @extend_schema(
        operation_id="portal_vex_statements_list",
        responses=StatementPage,
        parameters=[OpenApiParameter("after", int, description="`next_after` of the page before.")],
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """Return up to 200 of them; none is left out over all pages."""
        page = vex.statements(_own(request, pk), after=request.query_params.get("after", ""))
        told = StatementPage({"results": page.rows, "next_after": page.next_after})
        return Response(told.data)


def _own(request: Request, pk: UUID) -> AnswerDocument:
    rows = vex.documents(to=who(request._request), at=when(request._request))
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotFound("There is no such VEX document, or none for you.")
    return row


def _told(pk: UUID) -> Any:
    row = AnswerDocument.objects.filter(pk=pk).values(*FIELDS).get()
    return VexRow({**row, "counts": vex.counts([pk])[pk]}).data
