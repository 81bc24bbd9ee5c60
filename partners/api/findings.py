"""``/api/v1/findings/`` for our people, ``/portal/api/v1/findings/`` for partner contacts."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.board import when, who
from governance.errors import NotFound
from partners import queries
from partners.api.doors import Contacts, Staff
from partners.api.shapes import FindingRow
from partners.models import Finding
from partners.queries import filtering
from partners.queries.filtering import Wanted

COMMON = [
    OpenApiParameter("text", str, description="A vulnerability, component, or package URL."),
    OpenApiParameter("state", str, enum=list(filtering.STATES), description="Default: open."),
    OpenApiParameter("severity", str, enum=[one for one in filtering.SEVERITIES if one]),
    OpenApiParameter("due", str, enum=[one for one in filtering.DUES if one]),
]
MISSING = "There is no such finding, or none for you."


class _List(generics.ListAPIView[Any]):
    serializer_class = FindingRow
    queryset = Finding.objects.none()

    def get_queryset(self) -> Any:
        by, at = who(self.request._request), when(self.request._request)
        wanted = Wanted.of(self.request.query_params.dict())
        return queries.rows(filtering.narrowed(queries.findings(to=by, at=at), wanted, at=at))


def _one(request: Request, pk: UUID) -> Response:
    by, at = who(request._request), when(request._request)
    row = queries.rows(queries.findings(to=by, at=at).filter(pk=pk)).first()
    if row is None:
        raise NotFound(MISSING)
    return Response(FindingRow(row).data)


@extend_schema_view(
    get=extend_schema(
        operation_id="findings_list",
        parameters=[
            *COMMON,
            OpenApiParameter("partner", str, description="Slug of a partner."),
            OpenApiParameter("site", str, description="Slug of a site; those below it too."),
        ],
    )
)
class FindingList(Staff, _List):
    """Findings that the caller may see, by key."""


class FindingDetail(Staff, APIView):
    """One finding."""

    @extend_schema(operation_id="findings_retrieve", responses=FindingRow)
    def get(self, request: Request, pk: UUID) -> Response:
        """Return it; somebody who may not see it gets the same answer as for none."""
        return _one(request, pk)


@extend_schema_view(get=extend_schema(operation_id="portal_findings_list", parameters=COMMON))
class OwnFindingList(Contacts, _List):
    """The findings in the caller's own products, by key."""


class OwnFindingDetail(Contacts, APIView):
    """One finding in the caller's own products."""

    @extend_schema(operation_id="portal_findings_retrieve", responses=FindingRow)
    def get(self, request: Request, pk: UUID) -> Response:
        """Return it; another partner's finding is answered like none."""
        return _one(request, pk)
