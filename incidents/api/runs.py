"""Runs of runbooks in an incident: started, read, stopped."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api import idempotency
from governance.board import when, who
from governance.errors import NotFound
from incidents.actions import running
from incidents.api.rooms import OfIncident, given
from incidents.models import Run, RunState
from incidents.models.run import Pause

NAMESPACE = UUID("6f1d5f6e-5a5b-5d0e-9f0a-3b1f6a0c2d14")


class RunRow(serializers.ModelSerializer[Run]):
    """One run, pinned to the document with ``sha256``; ``version`` is null for one as shipped.

    ``paused_for`` says what of people it waits for; empty while it goes on by itself.
    """

    version = serializers.IntegerField(source="version.number", allow_null=True, default=None)
    state = serializers.ChoiceField(choices=[one.value for one in RunState])
    paused_for = serializers.ChoiceField(choices=[one.value for one in Pause], allow_blank=True)

    class Meta:
        model = Run
        fields = (
            "id", "runbook", "name", "version", "sha256", "state", "paused_for", "is_drill",
            "depth", "started_at", "started_by", "ended_at",
        )  # fmt: skip


class RunStart(serializers.Serializer[Any]):
    """The runbook by its short name, and values of its external variables by name."""

    runbook = serializers.SlugField(max_length=64)
    values = serializers.DictField(
        child=serializers.CharField(max_length=2000, allow_blank=True), default=dict
    )


class RunMove(serializers.Serializer[Any]):
    """``stop``, with the reason."""

    act = serializers.ChoiceField(choices=["stop"])
    reason = serializers.CharField(max_length=2000, allow_blank=True, default="")


class Runs(OfIncident, generics.ListAPIView[Any]):
    """The runs of an incident."""

    serializer_class = RunRow

    def get_queryset(self) -> Any:
        rows = Run.objects.filter(incident=self.incident()).select_related("version")
        return rows.defer("document", "version__document")

    @extend_schema(operation_id="incident_runs_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List them, the newest first; runs below another one stand by themselves."""
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="incident_runs_start",
        request=RunStart,
        responses={201: RunRow},
        parameters=[idempotency.parameter("starts")],
    )
    def post(self, request: Request, reference: str) -> Response:
        """Start the approved version of a runbook; one that is worked on answers 409."""
        by, at = who(request._request), when(request._request)
        incident, said = self.incident(), given(RunStart, request)
        token = idempotency.token(request, of=by.ref, within=NAMESPACE)
        run = running.start(
            incident, said["runbook"], values=said["values"], token=token, by=by, at=at
        )
        return Response(RunRow(run).data, status=201)


class OneRun(OfIncident):
    """One run."""

    serializer_class = RunRow

    def run(self) -> Run:
        """Return the run of the address.

        Raises:
            NotFound: the incident has none of this key.
        """
        rows = Run.objects.select_related("incident__site", "version").defer("document")
        found = rows.filter(incident=self.incident(), pk=self.kwargs["key"]).first()
        if found is None:
            raise NotFound("This incident has no such run.")
        return found

    @extend_schema(operation_id="incident_runs_retrieve")
    def get(self, request: Request, reference: str, key: int) -> Response:
        """Return it; its steps are the cards with this ``run``."""
        return Response(RunRow(self.run()).data)

    @extend_schema(operation_id="incident_runs_act", request=RunMove, responses=RunRow)
    def post(self, request: Request, reference: str, key: int) -> Response:
        """Stop it: its cards are withdrawn, and nothing of it is sent any more."""
        run, said = self.run(), given(RunMove, request)
        by, at = who(request._request), when(request._request)
        running.stop(run, reason=said["reason"], by=by, at=at)
        return Response(RunRow(self.run()).data)
