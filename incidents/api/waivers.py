"""Closing without a gate: one person asks, another agrees."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.board import when, who
from governance.errors import NotFound
from incidents.actions import waiving
from incidents.api.rooms import OfIncident, given
from incidents.domain.closing import GateName
from incidents.models import GateWaiver


class GateWaiverRow(serializers.ModelSerializer[GateWaiver]):
    """One waiver; it counts once another person than ``asked_by`` agreed."""

    gate = serializers.ChoiceField(choices=[one.value for one in GateName])

    class Meta:
        model = GateWaiver
        fields = ("id", "gate", "reason", "asked_by", "asked_at", "approved_by", "approved_at")


class GateWaiverForm(serializers.Serializer[Any]):
    """The gate, and why it is closed without it."""

    gate = serializers.ChoiceField(choices=[one.value for one in GateName])
    reason = serializers.CharField(max_length=2000, allow_blank=True, default="")


class Waivers(OfIncident, generics.ListAPIView[Any]):
    """The gates that an incident is closed without."""

    serializer_class = GateWaiverRow

    def get_queryset(self) -> Any:
        return GateWaiver.objects.filter(incident=self.incident())

    @extend_schema(operation_id="incident_waivers_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List them, the newest first."""
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="incident_waivers_ask", request=GateWaiverForm, responses={201: GateWaiverRow}
    )
    def post(self, request: Request, reference: str) -> Response:
        """Ask to close without a gate; a green one, or one that was asked for, answers 409."""
        incident, said = self.incident(), given(GateWaiverForm, request)
        by, at = who(request._request), when(request._request)
        row = waiving.ask(incident, GateName(said["gate"]), reason=said["reason"], by=by, at=at)
        return Response(GateWaiverRow(row).data, status=201)


class OneWaiver(OfIncident):
    """One waiver."""

    serializer_class = GateWaiverRow

    @extend_schema(operation_id="incident_waivers_agree", request=None, responses=GateWaiverRow)
    def post(self, request: Request, reference: str, key: int) -> Response:
        """Agree to it; whoever asked for it does not."""
        incident = self.incident()
        row = GateWaiver.objects.filter(incident=incident, pk=key).first()
        if row is None:
            raise NotFound("This incident has no such waiver.")
        row.incident = incident
        row = waiving.agree(row, by=who(request._request), at=when(request._request))
        return Response(GateWaiverRow(row).data)
