"""Versions of a runbook: read, given out byte for byte, approved by a second person."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.board import when, who
from incidents.actions import keeping
from incidents.api.books import Document, OfRunbooks, RunbookVersionRow
from incidents.api.rooms import given
from incidents.api.runbooks import submitted
from incidents.cacao.judging import judge
from incidents.queries import signees


class PlaybookFinding(serializers.Serializer[Any]):
    """What its reader has to say; only warnings, since nothing with a fault is kept."""

    rule = serializers.CharField()
    pointer = serializers.CharField(allow_blank=True)
    message = serializers.CharField()


class PlaybookSignature(serializers.Serializer[Any]):
    """One signature: whether it holds, by whom, and what is said of it in words."""

    id = serializers.CharField()
    signee = serializers.CharField(allow_blank=True)
    algorithm = serializers.CharField(allow_blank=True)
    thumbprint = serializers.CharField(allow_blank=True)
    holds = serializers.BooleanField()
    is_trusted = serializers.BooleanField()
    words = serializers.CharField()


class RunbookVersionDetail(RunbookVersionRow):
    """One version with its warnings and signatures, as they read now."""

    findings = PlaybookFinding(many=True)
    signatures = PlaybookSignature(many=True)

    class Meta(RunbookVersionRow.Meta):
        fields = (*RunbookVersionRow.Meta.fields, "findings", "signatures")  # type: ignore[assignment]


class RunbookVersionMove(serializers.Serializer[Any]):
    """``approve``, or ``retire`` with the reason."""

    act = serializers.ChoiceField(choices=["approve", "retire"])
    reason = serializers.CharField(max_length=2000, allow_blank=True, default="")


class Versions(OfRunbooks, generics.ListAPIView[Any]):
    """The versions of a runbook."""

    serializer_class = RunbookVersionRow
    parser_classes = [Document]

    def get_queryset(self) -> Any:
        return self.book().versions.select_related("runbook").defer("document")

    @extend_schema(operation_id="runbook_versions_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List them, the newest first."""
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="runbook_versions_submit",
        request={"application/json": OpenApiTypes.OBJECT},
        responses={200: RunbookVersionRow, 201: RunbookVersionRow},
        parameters=[OpenApiParameter("change", str)],
    )
    def post(self, request: Request, slug: str) -> Response:
        """Submit the next version of this runbook; the id of another one answers 409."""
        version, is_new = submitted(request, slug=self.book().slug)
        return Response(RunbookVersionRow(version).data, status=201 if is_new else 200)


class OneVersion(OfRunbooks):
    """One version."""

    serializer_class = RunbookVersionDetail

    @extend_schema(operation_id="runbook_versions_retrieve")
    def get(self, request: Request, slug: str, number: int) -> Response:
        """Return it with what its reader says of it now."""
        version = self.version()
        verdict = judge(bytes(version.document))
        content, at = verdict.content or {}, when(request._request)
        found = {
            **RunbookVersionRow(version).data,
            "findings": [
                {"rule": one.rule, "pointer": one.pointer, "message": one.message}
                for one in verdict.findings
            ],
            "signatures": [_signature(one) for one in signees.verified(content, at=at)],
        }
        return Response(found)

    @extend_schema(
        operation_id="runbook_versions_act", request=RunbookVersionMove, responses=RunbookVersionRow
    )
    def post(self, request: Request, slug: str, number: int) -> Response:
        """Put a draft in force, which a second person does, or retire it."""
        version, said = self.version(), given(RunbookVersionMove, request)
        by, at = who(request._request), when(request._request)
        if said["act"] == "approve":
            keeping.approve(version, by=by, at=at)
        else:
            keeping.retire(version, reason=said["reason"], by=by, at=at)
        return Response(RunbookVersionRow(version).data)


class VersionDocument(OfRunbooks):
    """The document of a version."""

    @extend_schema(
        operation_id="runbook_versions_export",
        responses={(200, "application/json"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, slug: str, number: int) -> HttpResponse:
        """Give it out byte for byte as it came in."""
        answer = HttpResponse(bytes(self.version().document), content_type="application/json")
        name = f"{slug}-{number}.cacao.json"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        answer["X-Content-Type-Options"] = "nosniff"
        return answer


def _signature(one: signees.Signed) -> dict[str, Any]:
    checked = one.checked
    return {
        "id": checked.id,
        "signee": checked.signee,
        "algorithm": checked.algorithm,
        "thumbprint": checked.thumbprint,
        "holds": checked.holds,
        "is_trusted": one.is_trusted,
        "words": one.words,
    }
