"""``/portal/api/v1/requests/``: what we ask for, and saying no to it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance import access
from governance.api import idempotency
from governance.board import when, who
from governance.domain.actor import Actor
from governance.errors import NotFound
from partners.actions import sbom_requests
from partners.api.doors import Contacts, once
from partners.api.shapes import Row
from partners.domain.portal import Scope
from partners.models import SbomRequest
from partners.permissions import Act

FIELDS = (
    "id", "product__slug", "reason", "asked_at", "due_at", "is_delivered", "declined_at",
    "declined_why", "withdrawn_at",
)  # fmt: skip


class RequestRow(serializers.Serializer[Row]):
    """One SBOM that we ask for. Whatever of its product is accepted from then on fulfills it."""

    id = serializers.UUIDField()
    product = serializers.SlugField(source="product__slug")
    reason = serializers.CharField()
    asked_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    state = serializers.SerializerMethodField()
    declined_why = serializers.CharField(allow_blank=True)

    def get_state(self, row: Row) -> str:
        if row["withdrawn_at"]:
            return "withdrawn"
        if row["declined_at"]:
            return "declined"
        return "delivered" if row["is_delivered"] else "open"


class Refusal(serializers.Serializer[Row]):
    """Why there will be no SBOM."""

    why = serializers.CharField(max_length=300)


def visible(by: Actor, *, at: datetime, is_open: bool = False) -> QuerySet[SbomRequest]:
    """Return the requests that ``by`` may read, with whether they are delivered."""
    rows = SbomRequest.objects.with_delivery()
    if is_open:
        rows = rows.open()
    return access.visible(rows, to=by, act=Act.REQUEST_READ, at=at)


class Requests(Contacts, generics.ListAPIView[Any]):
    """SBOMs that we ask the caller for, earliest due first."""

    serializer_class = RequestRow
    queryset = SbomRequest.objects.none()

    def get_queryset(self) -> Any:
        by, at = who(self.request._request), when(self.request._request)
        is_open = self.request.query_params.get("state") == "open"
        rows = visible(by, at=at, is_open=is_open)
        return rows.order_by("due_at", "id").values(*FIELDS)

    @extend_schema(
        operation_id="portal_requests_list",
        parameters=[OpenApiParameter("state", str, enum=["open"], description="Default: all.")],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List requests."""
        return self.list(request, *args, **kwargs)


class Decline(Contacts, APIView):
    """Say no to a request."""

    scopes = {"POST": Scope.STATEMENTS}

    @extend_schema(
        operation_id="portal_requests_decline",
        request=Refusal,
        responses=RequestRow,
        parameters=[idempotency.parameter("declines", is_required=False)],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Decline it with a reason; another partner's request is answered like none."""
        by, at = who(request._request), when(request._request)
        row = visible(by, at=at).select_related("product__partner").filter(pk=pk).first()
        if row is None:
            raise NotFound("There is no such request, or none for you.")
        given = Refusal(data=request.data)
        given.is_valid(raise_exception=True)
        why = given.validated_data["why"]

        def answer() -> Response:
            sbom_requests.decline(row, why=why, by=by, at=at)
            found = SbomRequest.objects.with_delivery().filter(pk=pk).values(*FIELDS).get()
            return Response(RequestRow(found).data)

        return once(request, self.partner, why.encode(), answer)
