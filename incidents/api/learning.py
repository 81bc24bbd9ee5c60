"""Gates of closing, and the actions agreed after an incident."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.board import when, who
from governance.errors import NotFound
from incidents.actions import improving
from incidents.api.rooms import OfIncident, given, somebody
from incidents.domain.closing import GateName
from incidents.domain.learning import ActionKind
from incidents.models import ActionItem, RunbookVersion
from incidents.queries import gates


class ClosingGateRow(serializers.Serializer[Any]):
    """One condition of closing; a waived one is not met and keeps nobody."""

    slug = serializers.ChoiceField(choices=[one.value for one in GateName])
    is_met = serializers.BooleanField()
    is_waived = serializers.BooleanField()
    words = serializers.CharField()


class Gates(OfIncident):
    """What must hold before an incident is closed."""

    serializer_class = ClosingGateRow

    @extend_schema(operation_id="incident_gates_list", responses=ClosingGateRow(many=True))
    def get(self, request: Request, reference: str) -> Response:
        """List the gates as they stand now."""
        return Response(ClosingGateRow(gates.gates_of(self.incident()), many=True).data)


class IncidentActionRow(serializers.ModelSerializer[ActionItem]):
    """One action; ``version`` names the runbook's version that carries its change."""

    owner = serializers.UUIDField(source="owner_id")

    class Meta:
        model = ActionItem
        fields = (
            "number", "title", "kind", "owner", "due_on", "state", "version", "outcome", "done_at",
            "done_by", "proof", "verified_at", "verified_by", "reason", "created_at",
        )  # fmt: skip


class IncidentActionForm(serializers.Serializer[Any]):
    """What is to be done, by whom, by when."""

    title = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(choices=[one.value for one in ActionKind])
    owner = serializers.UUIDField()
    due_on = serializers.DateField()


class IncidentActionMove(serializers.Serializer[Any]):
    """``begin``; ``finish``, ``verify`` or ``drop`` with what came of it, what shows it, or why."""

    act = serializers.ChoiceField(choices=["begin", "finish", "verify", "drop"])
    said = serializers.CharField(max_length=2000, allow_blank=True, default="")
    version = serializers.IntegerField(required=False, min_value=1)


class Actions(OfIncident, generics.ListAPIView[Any]):
    """Actions agreed after an incident."""

    serializer_class = IncidentActionRow

    def get_queryset(self) -> Any:
        return ActionItem.objects.filter(incident=self.incident())

    @extend_schema(operation_id="incident_actions_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List them, the newest first."""
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="incident_actions_create",
        request=IncidentActionForm,
        responses={201: IncidentActionRow},
    )
    def post(self, request: Request, reference: str) -> Response:
        """Agree on one; the same agreement again is the one made before."""
        incident, said = self.incident(), given(IncidentActionForm, request)
        row = improving.agree(
            incident, title=said["title"], kind=ActionKind(said["kind"]),
            owner=somebody(said["owner"]), due_on=said["due_on"], by=who(request._request),
            at=when(request._request),
        )  # fmt: skip
        return Response(IncidentActionRow(row).data, status=201)


class OneAction(OfIncident):
    """One action."""

    serializer_class = IncidentActionRow

    @extend_schema(
        operation_id="incident_actions_act", request=IncidentActionMove, responses=IncidentActionRow
    )
    def post(self, request: Request, reference: str, number: int) -> Response:
        """Begin, finish, verify or drop it; what does not lead on from here answers 409."""
        rows = ActionItem.objects.select_related("owner", "incident", "version")
        row = rows.filter(incident=self.incident(), number=number).first()
        if row is None:
            raise NotFound("This incident has no such action.")
        said = given(IncidentActionMove, request)
        by, at, words = who(request._request), when(request._request), said["said"]
        match said["act"]:
            case "begin":
                improving.begin(row, by=by, at=at)
            case "finish":
                version = RunbookVersion.objects.filter(pk=said.get("version", 0)).first()
                improving.finish(row, outcome=words, version=version, by=by, at=at)
            case "verify":
                improving.verify(row, proof=words, by=by, at=at)
            case _:
                improving.drop(row, reason=words, by=by, at=at)
        return Response(IncidentActionRow(row).data)
