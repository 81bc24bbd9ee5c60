"""``/api/v1/signals/batch``: where sensors report."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance import boundary
from governance.api import callers
from governance.board import when, who
from governance.domain.actor import Actor
from governance.domain.callers import Caller, Scope
from incidents.actions import mapping, sensing
from incidents.actions.sensing import Taken
from incidents.signals import body

SENSOR = "service:sensor"
CLOUDEVENTS = "application/cloudevents-batch+json"
LINES = "application/x-ndjson"


class SignalRow(serializers.Serializer[Any]):
    """What became of one event of the batch."""

    index = serializers.IntegerField(help_text="Its place in the batch, from 0.")
    event_id = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(choices=["accepted", "duplicate", "rejected"])
    reason = serializers.CharField(allow_blank=True)
    field = serializers.CharField(
        allow_blank=True, help_text="The field or pointer that is missing or wrong."
    )
    alert = serializers.IntegerField(allow_null=True)


class BatchRow(serializers.Serializer[Any]):
    """What became of a batch, once it is committed."""

    accepted = serializers.IntegerField()
    duplicate = serializers.IntegerField()
    rejected = serializers.IntegerField()
    items = SignalRow(many=True)


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
        return stream.read(body.MAX_WIRE + 1)


class CloudEventsBatch(Events):
    """A batch in the JSON format of CloudEvents 1.0."""

    media_type = CLOUDEVENTS


class EventLines(Events):
    """One event per line."""

    media_type = LINES


class SignalBatch(APIView):
    """Where sensors report; the same events again change nothing.

    A key needs the scope ``signal``. What it reports is recorded as done by ``service:sensor``,
    under the name of the key.
    """

    authentication_classes = [*APIView.authentication_classes, callers.KeySignIn]
    permission_classes = [callers.SignedInOrKey]
    parser_classes = [Events, CloudEventsBatch, EventLines]

    @extend_schema(
        operation_id="signals_report",
        request={
            "application/json": OpenApiTypes.OBJECT,
            CLOUDEVENTS: OpenApiTypes.OBJECT,
            LINES: OpenApiTypes.STR,
        },
        responses={200: BatchRow},
        parameters=[
            OpenApiParameter(
                "mapper",
                str,
                description="slim (the default), ocsf, cloudevents, or a mapper that was kept.",
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Take up to 1,000 events and 1 MiB, gzip or plain; each is answered by itself."""
        by, at = who(request._request), when(request._request)
        caller = request.user
        if not isinstance(caller, Caller):
            return self._taken(request, source=by.ref, by=by)
        callers.require_scope(caller, Scope.SIGNAL)
        callers.count(caller, at=at)
        by = Actor(ref=SENSOR, name=caller.slug)
        with boundary.acting(by, at=at, request_id=request._request.META["wardroom.request_id"]):
            return self._taken(request, source=caller.slug, by=by)

    def _taken(self, request: Request, *, source: str, by: Actor) -> Response:
        kind = (request.content_type or "").partition(";")[0].strip().lower()
        default = "cloudevents" if kind == CLOUDEVENTS else "slim"
        chosen = request._request.GET.get("mapper") or default
        mapper, name = mapping.find(chosen)
        sent = request.data if isinstance(request.data, bytes) else b""
        plain = body.unpack(sent, request.headers.get("Content-Encoding", "").strip().lower())
        taken = sensing.take(
            body.events(plain, is_lines=kind == LINES),
            source=source[:64],
            mapper=mapper,
            mapper_name=name,
            by=by,
            at=when(request._request),
        )
        return Response(_answer(taken))


def _answer(taken: Taken) -> dict[str, Any]:
    counts = {name: taken.count(name) for name in ("accepted", "duplicate", "rejected")}
    return {
        **counts,
        "items": [
            {
                "index": one.index,
                "event_id": one.event_id,
                "status": one.status,
                "reason": one.reason,
                "field": one.field,
                "alert": one.alert,
            }
            for one in taken.items
        ],
    }
