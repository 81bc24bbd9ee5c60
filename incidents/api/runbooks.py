"""``/api/v1/runbooks/``: what is worked by; brought in here, and reviewed by its owner."""

import hashlib
from typing import Any

from django.db.models import OuterRef, Subquery
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.board import when, who
from incidents.actions import keeping
from incidents.api.books import Document, OfRunbooks, RunbookVersionRow
from incidents.api.rooms import given, somebody
from incidents.domain.runbooks import VersionState, due_at
from incidents.models import Runbook, RunbookVersion

_PARAMETERS = [
    OpenApiParameter("slug", str, description="Short name of a new runbook; else after its name."),
    OpenApiParameter("change", str, description="What is other than before, up to 2,000 letters."),
]


class RunbookRow(serializers.ModelSerializer[Runbook]):
    """One runbook; ``approved`` is the number of the version in force, null without one."""

    owner = serializers.UUIDField(source="owner_id", allow_null=True)
    approved = serializers.IntegerField(allow_null=True)
    review_due_at = serializers.SerializerMethodField()

    class Meta:
        model = Runbook
        fields = (
            "slug", "playbook_id", "name", "owner", "approved", "reviewed_at", "reviewed_by",
            "review_note", "review_due_at",
        )  # fmt: skip

    def get_review_due_at(self, row: Runbook) -> str:
        return due_at(row.reviewed_at).isoformat()


class RunbookMove(serializers.Serializer[Any]):
    """``review`` with what came of it; ``own`` with the person who owns it, null for nobody."""

    act = serializers.ChoiceField(choices=["review", "own"])
    said = serializers.CharField(max_length=2000, allow_blank=True, default="")
    person = serializers.UUIDField(allow_null=True, default=None)


def _rows() -> Any:
    approved = RunbookVersion.objects.filter(runbook=OuterRef("pk"), state=VersionState.APPROVED)
    return Runbook.objects.annotate(approved=Subquery(approved.values("number")[:1]))


def submitted(request: Request, *, slug: str = "") -> tuple[RunbookVersion, bool]:
    """Keep the document of ``request`` as a draft; False for one that the caller sent before."""
    data = request.data if isinstance(request.data, bytes) else b""
    by, sha256 = who(request._request), hashlib.sha256(data).hexdigest()
    known = RunbookVersion.objects.select_related("runbook").filter(
        sha256=sha256, written_by=by.ref, state=VersionState.DRAFT
    )
    if slug:
        known = known.filter(runbook__slug=slug)
    before = known.first()
    if before is not None:
        return before, False
    change = request.query_params.get("change", "").replace("\0", "")[:2000]
    version, _ = keeping.bring(data, slug=slug, change=change, by=by, at=when(request._request))
    return version, True


class Runbooks(OfRunbooks, generics.ListAPIView[Any]):
    """The runbooks of the enterprise."""

    serializer_class = RunbookRow
    parser_classes = [Document]

    def get_queryset(self) -> Any:
        self.reader()
        return _rows()

    @extend_schema(operation_id="runbooks_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List them, the newest first."""
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="runbooks_submit",
        request={"application/json": OpenApiTypes.OBJECT},
        responses={200: RunbookVersionRow, 201: RunbookVersionRow},
        parameters=_PARAMETERS,
    )
    def post(self, request: Request) -> Response:
        """Submit a CACAO 2.0 playbook: a draft, kept byte for byte, for a second person to approve.

        It becomes the next version of the runbook whose id it carries. The same bytes again, while
        they are a draft, answer 200 with the draft; the rule that it breaks answers 400 with its
        pointer.
        """
        slug = request.query_params.get("slug", "").replace("\0", "")[:64]
        version, is_new = submitted(request, slug=slug)
        return Response(RunbookVersionRow(version).data, status=201 if is_new else 200)


class OneRunbook(OfRunbooks):
    """One runbook."""

    serializer_class = RunbookRow

    @extend_schema(operation_id="runbooks_retrieve", responses=RunbookRow)
    def get(self, request: Request, slug: str) -> Response:
        """Return it."""
        return Response(RunbookRow(_rows().get(pk=self.book().pk)).data)

    @extend_schema(operation_id="runbooks_act", request=RunbookMove, responses=RunbookRow)
    def post(self, request: Request, slug: str) -> Response:
        """Say that it was reviewed and what came of it, or who owns it."""
        book, said = self.book(), given(RunbookMove, request)
        by, at = who(request._request), when(request._request)
        if said["act"] == "review":
            keeping.review(book, note=said["said"], by=by, at=at)
        else:
            person = somebody(said["person"]) if said["person"] else None
            keeping.own(book, person, by=by, at=at)
        return Response(RunbookRow(_rows().get(pk=book.pk)).data)
