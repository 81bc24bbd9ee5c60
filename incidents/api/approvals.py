"""Commands that wait for a second person: exactly what would be sent, passed or refused."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.board import when, who
from governance.errors import NotFound
from incidents.actions import voting
from incidents.api.rooms import OfIncident, given
from incidents.models import Approval
from incidents.models.approval import ApprovalState


class ApprovalRow(serializers.ModelSerializer[Approval]):
    """One approval; ``request`` is what would be sent, ``request_sha256`` what is voted on."""

    run = serializers.IntegerField(source="run_id")
    state = serializers.ChoiceField(choices=[one.value for one in ApprovalState])
    request = serializers.DictField()
    given = serializers.SerializerMethodField()

    class Meta:
        model = Approval
        fields = (
            "id", "run", "state", "request", "request_sha256", "role", "needed", "given",
            "requested_by", "requested_at", "expires_at", "ended_at",
        )  # fmt: skip

    def get_given(self, row: Approval) -> int:
        return sum(vote.is_for for vote in row.votes.all())


class ApprovalWord(serializers.Serializer[Any]):
    """``approve`` or ``refuse`` with the reason, for what ``request_sha256`` stands for."""

    act = serializers.ChoiceField(choices=["approve", "refuse"])
    request_sha256 = serializers.RegexField("^[0-9a-f]{64}$")
    reason = serializers.CharField(max_length=2000, allow_blank=True, default="")


class Approvals(OfIncident, generics.ListAPIView[Any]):
    """The approvals of an incident."""

    serializer_class = ApprovalRow

    def get_queryset(self) -> Any:
        return Approval.objects.filter(run__incident=self.incident()).prefetch_related("votes")

    @extend_schema(operation_id="incident_approvals_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List them, the newest first."""
        return self.list(request, *args, **kwargs)


class OneApproval(OfIncident):
    """One approval."""

    serializer_class = ApprovalRow

    @extend_schema(
        operation_id="incident_approvals_vote", request=ApprovalWord, responses=ApprovalRow
    )
    def post(self, request: Request, reference: str, key: int) -> Response:
        """Pass or refuse it; whoever asked for it does not, and another digest answers 409."""
        rows = Approval.objects.select_related("run__incident__site", "step_run__token")
        found = rows.filter(run__incident=self.incident(), pk=key).first()
        if found is None:
            raise NotFound("This incident has no such approval.")
        said = given(ApprovalWord, request)
        voting.vote(
            found,
            digest=said["request_sha256"],
            is_for=said["act"] == "approve",
            reason=said["reason"],
            by=who(request._request),
            at=when(request._request),
        )
        return Response(ApprovalRow(Approval.objects.get(pk=found.pk)).data)
