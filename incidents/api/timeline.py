"""The timeline of an incident: read page by page, written line by line."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api import idempotency
from governance.board import when, who
from incidents.actions import saying
from incidents.api.rooms import OfIncident, given
from incidents.domain.tlp import Tlp
from incidents.models import TimelineEntry

NAMESPACE = UUID("6f1d5f6e-5a5b-5d0e-9f0a-3b1f6a0c2d13")


class TimelineRow(serializers.ModelSerializer[TimelineEntry]):
    """One line; ``supersedes`` is the line that it corrects, for ``reason``."""

    class Meta:
        model = TimelineEntry
        fields = (
            "id", "kind", "starts_at", "ends_at", "recorded_at", "author", "text", "tlp",
            "supersedes", "reason",
        )  # fmt: skip


class TimelineLine(serializers.Serializer[Any]):
    """A note, or a quick command as in the room."""

    text = serializers.CharField(max_length=10_000)
    tlp = serializers.ChoiceField(choices=[one.value for one in Tlp], default=Tlp.AMBER.value)


class Timeline(OfIncident, generics.ListAPIView[Any]):
    """The timeline of an incident, in the order in which it was written."""

    serializer_class = TimelineRow

    def get_queryset(self) -> Any:
        return TimelineEntry.objects.filter(incident=self.incident())

    @extend_schema(operation_id="incident_timeline_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List it, newest line first."""
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="incident_timeline_create",
        request=TimelineLine,
        responses={201: TimelineRow},
        parameters=[idempotency.parameter("writes")],
    )
    def post(self, request: Request, reference: str) -> Response:
        """Write a note, or do what a quick command says; each key acts once."""
        by, at = who(request._request), when(request._request)
        incident, said = self.incident(), given(TimelineLine, request)
        token = idempotency.token(request, of=by.ref, within=NAMESPACE)
        line = saying.say(
            incident, said["text"], tlp=Tlp(said["tlp"]), token=token, by=by, at=at
        ).line
        return Response(TimelineRow(line).data, status=201)
