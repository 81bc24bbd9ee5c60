"""What partners were told of an incident, line by line, and what they answered."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api import idempotency
from governance.board import when, who
from governance.errors import BadInput
from incidents.actions import sharing
from incidents.api.rooms import OfIncident, given
from incidents.domain.tlp import Tlp
from incidents.models import PartnerEntry, TimelineEntry
from incidents.models.slice import SHARED

NAMESPACE = UUID("6f1d5f6e-5a5b-5d0e-9f0a-3b1f6a0c2d15")


class SharedLineRow(serializers.ModelSerializer[PartnerEntry]):
    """One line of one partner; ``is_theirs`` where the partner said it."""

    tlp = serializers.ChoiceField(choices=SHARED)

    class Meta:
        model = PartnerEntry
        fields = ("id", "party", "starts_at", "text", "tlp", "is_theirs", "shared_by", "shared_at")


class SharedLineForm(serializers.Serializer[Any]):
    """What ``party``, named in the incident, is told.

    ``entry`` is the line of the timeline that it is of; its label counts too. ``title`` is what
    the incident is called for a partner that did not know of it.
    """

    party = serializers.CharField(max_length=120)
    text = serializers.CharField(max_length=10_000)
    tlp = serializers.ChoiceField(choices=[one.value for one in Tlp], default=Tlp.AMBER.value)
    entry = serializers.IntegerField(required=False, min_value=1)
    title = serializers.CharField(max_length=160, allow_blank=True, default="")


class Sharing(OfIncident, generics.ListAPIView[Any]):
    """What partners know of an incident."""

    serializer_class = SharedLineRow

    def get_queryset(self) -> Any:
        return PartnerEntry.objects.filter(slice__incident=self.incident().reference)

    @extend_schema(operation_id="incident_sharing_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the lines, the newest first."""
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="incident_sharing_create",
        request=SharedLineForm,
        responses={201: SharedLineRow},
        parameters=[idempotency.parameter("tells")],
    )
    def post(self, request: Request, reference: str) -> Response:
        """Tell a partner one line; what its label keeps inside answers 422."""
        by, at = who(request._request), when(request._request)
        incident, said = self.incident(), given(SharedLineForm, request)
        token = idempotency.token(request, of=by.ref, within=NAMESPACE)
        entry = None
        if "entry" in said:
            entry = TimelineEntry.objects.filter(incident=incident, pk=said["entry"]).first()
            if entry is None:
                raise BadInput("The timeline has no such line.", pointer="/entry")
        row = sharing.share(
            incident, said["party"], said["text"], tlp=Tlp(said["tlp"]), entry=entry,
            title=said["title"], token=token, by=by, at=at,
        )  # fmt: skip
        return Response(SharedLineRow(row).data, status=201)
