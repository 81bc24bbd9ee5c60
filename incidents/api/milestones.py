"""Setting a milestone by its parts; what was set stands in the incident."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api import idempotency
from governance.board import when, who
from incidents.actions import saying
from incidents.api.rooms import OfIncident, given
from incidents.api.timeline import TimelineRow
from incidents.domain import proof
from incidents.domain.commands import COMMANDS
from incidents.domain.proof import Proof

NAMESPACE = UUID("6f1d5f6e-5a5b-5d0e-9f0a-3b1f6a0c2d16")
_WORDS = {kind.value: word for word, kind in COMMANDS.items()}


class MilestoneForm(serializers.Serializer[Any]):
    """Which milestone, when, and what shows it.

    ``when`` reads as in the room: ``14:05 ±5m``, ``2026-11-17 14:05 UTC``, or ``unknown`` with the
    reason. That a SEV1 or SEV2 is contained or restored names ``evidence`` by its number, or says
    in ``no_evidence`` why there is none.
    """

    kind = serializers.ChoiceField(choices=list(_WORDS))
    when = serializers.CharField(max_length=500)
    evidence = serializers.IntegerField(required=False, min_value=1, max_value=999_999)
    no_evidence = serializers.CharField(max_length=500, allow_blank=True, default="")


class Milestones(OfIncident):
    """The milestones of an incident."""

    serializer_class = TimelineRow

    @extend_schema(
        operation_id="incident_milestones_set",
        request=MilestoneForm,
        responses={201: TimelineRow},
        parameters=[idempotency.parameter("sets it")],
    )
    def post(self, request: Request, reference: str) -> Response:
        """Set or correct one; the answer is its line of the timeline."""
        by, at = who(request._request), when(request._request)
        incident, said = self.incident(), given(MilestoneForm, request)
        token = idempotency.token(request, of=by.ref, within=NAMESPACE)
        shown = Proof(said.get("evidence", 0), said["no_evidence"].strip())
        text = f"{_WORDS[said['kind']]} {proof.written(said['when'], shown)}"
        line = saying.say(incident, text, token=token, by=by, at=at).line
        return Response(TimelineRow(line).data, status=201)
