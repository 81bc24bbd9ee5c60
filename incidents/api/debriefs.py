"""The debrief of an incident: opened with the facts, written together, held once."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.board import when, who
from governance.errors import NotFound
from incidents.actions import debriefing
from incidents.api.rooms import OfIncident, given, somebody
from incidents.models import Debrief, Incident

_TEXTS = ("facts", "factors", "helped", "surprises", "attended")


class DebriefRow(serializers.ModelSerializer[Debrief]):
    """The debrief; whoever writes names its ``version``, so that nobody writes over others."""

    facilitator = serializers.UUIDField(source="facilitator_id")
    version = serializers.IntegerField(source="lock_version")

    class Meta:
        model = Debrief
        fields = (
            "facilitator", "due_at", *_TEXTS, "version", "opened_by", "opened_at", "held_by",
            "held_at",
        )  # fmt: skip


class DebriefForm(serializers.Serializer[Any]):
    """Who facilitates it: not whoever commands."""

    facilitator = serializers.UUIDField()


class DebriefText(serializers.Serializer[Any]):
    """What is written of it, and whether it was held with that."""

    version = serializers.IntegerField(min_value=0)
    facts = serializers.CharField(max_length=10_000, required=False)
    factors = serializers.CharField(max_length=10_000, allow_blank=True, required=False)
    helped = serializers.CharField(max_length=10_000, allow_blank=True, required=False)
    surprises = serializers.CharField(max_length=10_000, allow_blank=True, required=False)
    attended = serializers.CharField(max_length=10_000, allow_blank=True, required=False)
    is_held = serializers.BooleanField(default=False)


class OneDebrief(OfIncident):
    """The debrief of one incident."""

    serializer_class = DebriefRow

    @extend_schema(operation_id="incident_debrief_retrieve")
    def get(self, request: Request, reference: str) -> Response:
        """Return it."""
        return Response(DebriefRow(_row(self.incident())).data)

    @extend_schema(
        operation_id="incident_debrief_open", request=DebriefForm, responses={201: DebriefRow}
    )
    def post(self, request: Request, reference: str) -> Response:
        """Open it, its facts filled in; one that is open answers 409."""
        incident, said = self.incident(), given(DebriefForm, request)
        facilitator = somebody(said["facilitator"])
        by, at = who(request._request), when(request._request)
        row = debriefing.start(incident, facilitator, by=by, at=at)
        return Response(DebriefRow(row).data, status=201)

    @extend_schema(operation_id="incident_debrief_write", request=DebriefText, responses=DebriefRow)
    def put(self, request: Request, reference: str) -> Response:
        """Write the texts that are sent; another ``version`` than the newest answers 409."""
        row, said = _row(self.incident()), given(DebriefText, request)
        by, at = who(request._request), when(request._request)
        texts = {name: said[name] for name in _TEXTS if name in said}
        with transaction.atomic():  # what cannot be held is not half written
            row = debriefing.write(row, version=said["version"], by=by, at=at, **texts)
            if said["is_held"]:
                row = debriefing.hold(row, by=by, at=at)
        return Response(DebriefRow(row).data)


def _row(incident: Incident) -> Debrief:
    row = Debrief.objects.filter(incident=incident).select_related("facilitator").first()
    if row is None:
        raise NotFound("Its debrief is not open yet.")
    row.incident = incident
    return row
