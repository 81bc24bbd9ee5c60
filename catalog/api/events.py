"""``/api/v1/lineage/events``: where producers of OpenLineage events report."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.actions import reporting
from catalog.documents.faults import Bounds
from governance import boundary
from governance.api import callers, idempotency
from governance.board import when, who
from governance.domain.actor import Actor
from governance.domain.callers import Caller, Scope
from governance.errors import BadInput
from governance.models import Site

PRODUCER = "service:producer"
MAX_BYTES = 5 * 2**20
NAMESPACE = UUID("6f9c1c1e-9d55-4f53-8e0b-6f1f4f7f0a51")


class FaultRow(serializers.Serializer[Any]):
    """One thing that is wrong or doubtful, and where."""

    code = serializers.CharField()
    pointer = serializers.CharField(allow_blank=True, help_text="RFC 6901, into the event.")
    line = serializers.IntegerField(allow_null=True, help_text="Where events stand on lines.")
    detail = serializers.CharField()
    remedy = serializers.CharField(allow_blank=True)


class ReportRow(serializers.Serializer[Any]):
    """What became of a report. Lists hold the first 50 findings, counts all of them."""

    taken = serializers.IntegerField()
    warned = serializers.IntegerField(help_text="Events taken with a warning.")
    refused = serializers.IntegerField()
    facets = serializers.IntegerField(help_text="Statements that are new or later than known.")
    assets = serializers.IntegerField(help_text="New assets.")
    edges = serializers.IntegerField(help_text="Edges that are new or other than before.")
    ended = serializers.IntegerField(help_text="Edges that nobody states any more.")
    faults = FaultRow(many=True)
    fault_count = serializers.IntegerField()
    warnings = FaultRow(many=True)
    warning_count = serializers.IntegerField()


class Events(BaseParser):
    """The bytes as sent, up to one more than are taken: their own reader judges them."""

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the bytes of the body."""
        return stream.read(MAX_BYTES + 1)


class EventLines(Events):
    """One event per line."""

    media_type = "application/x-ndjson"


class LineageEvents(APIView):
    """Where producers report; the same events again change nothing.

    A key needs the scope ``report``. What it reports is recorded as done by ``service:producer``,
    under the name of the key.
    """

    authentication_classes = [*APIView.authentication_classes, callers.KeySignIn]
    permission_classes = [callers.SignedInOrKey]
    parser_classes = [Events, EventLines]

    @extend_schema(
        operation_id="lineage_events_create",
        request={"application/json": OpenApiTypes.OBJECT, "application/x-ndjson": OpenApiTypes.STR},
        responses={201: ReportRow},
        parameters=[
            OpenApiParameter(
                "site",
                str,
                description="Slug of the site at which unknown systems are listed; the enterprise.",
            ),
            idempotency.parameter("reports", is_required=False),
        ],
    )
    def post(self, request: Request) -> Response:
        """Take one OpenLineage event, an array, or one per line: 5 MiB at most."""
        by, at = who(request._request), when(request._request)
        caller = request.user
        if not isinstance(caller, Caller):
            return self._taken(request, by=by, at=at, ref=by.ref)
        callers.require_scope(caller, Scope.REPORT)
        callers.count(caller, at=at)
        by = Actor(ref=PRODUCER, name=caller.slug)
        with boundary.acting(by, at=at, request_id=request._request.META["wardroom.request_id"]):
            return self._taken(request, by=by, at=at, ref=caller.ref)

    def _taken(self, request: Request, *, by: Actor, at: datetime, ref: str) -> Response:
        slug = request._request.GET.get("site", "").replace("\0", "")
        sites = Site.objects.filter(slug=slug) if slug else Site.objects.filter(parent=None)
        site = sites.first()
        if site is None:
            raise BadInput("There is no such site, or none for you.", pointer="/site")
        sent: Any = request.data
        answer = reporting.take(
            sent if isinstance(sent, bytes) else b"",
            site=site,
            bounds=Bounds(size=MAX_BYTES, values=2_000_000),
            token=idempotency.token_if_sent(request, of=ref, within=NAMESPACE),
            by=by,
            at=at,
        )
        return Response(ReportRow(answer).data, status=201)
