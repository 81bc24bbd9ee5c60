"""``/api/v1/glossary/``: business terms, and the assets that hold them."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.models import Asset, BusinessTerm, TermState
from catalog.permissions import Act
from catalog.queries.glossary import readable, related_to, told
from governance import access
from governance.board import when, who
from governance.errors import BadInput, NotFound

FIELDS = (
    "id", "name", "definition", "synonyms", "state", "owner__name", "steward__name",
    "written_at", "approved_at",
)  # fmt: skip
STATES = [TermState.DRAFT.value, TermState.APPROVED.value]
MOST_ASSETS = 500


class BusinessTermRow(serializers.Serializer[dict[str, Any]]):
    """One business term."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    definition = serializers.CharField()
    synonyms = serializers.ListField(child=serializers.CharField())
    state = serializers.CharField(help_text="draft or approved")
    owner = serializers.CharField(source="owner__name", allow_null=True)
    steward = serializers.CharField(source="steward__name", allow_null=True)
    written_at = serializers.DateTimeField()
    approved_at = serializers.DateTimeField(allow_null=True)


class TermAssetRow(serializers.Serializer[dict[str, Any]]):
    """An asset that holds what the term means."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    fqn = serializers.CharField()


class BusinessTermDetail(BusinessTermRow):
    """One business term with its assets, up to 500, and the terms it is read together with."""

    related = serializers.ListField(child=serializers.CharField())
    assets = TermAssetRow(many=True)
    is_cut = serializers.BooleanField(help_text="There are more assets: /assets/?term=<id>.")


@extend_schema_view(
    get=extend_schema(
        operation_id="glossary_list",
        parameters=[
            OpenApiParameter("q", str, description="Words of name, synonyms or definition."),
            OpenApiParameter("state", str, enum=STATES),
        ],
    )
)
class GlossaryList(generics.ListAPIView[Any]):
    """Business terms in use, newest first."""

    serializer_class = BusinessTermRow
    queryset = BusinessTerm.objects.none()

    def get_queryset(self) -> Any:
        request = self.request._request
        state = request.GET.get("state", "")
        if state and state not in STATES:
            raise BadInput(f"state: one of {', '.join(STATES)}", pointer="/state")
        rows = told(_visible(self.request), request.GET.get("q", "").replace("\0", "")[:200])
        return (rows.filter(state=state) if state else rows).values(*FIELDS)


class GlossaryDetail(APIView):
    """One business term."""

    @extend_schema(operation_id="glossary_retrieve", responses=BusinessTermDetail)
    def get(self, request: Request, pk: int) -> Response:
        """Return the term with what the caller may see of its assets."""
        by, at = who(request._request), when(request._request)
        rows = _visible(request).filter(pk=pk)
        row, term = rows.values(*FIELDS).first(), rows.first()
        if row is None or term is None:
            raise NotFound("There is no such term, or none for you.")
        assets = access.visible(
            Asset.objects.filter(term_links__term=term, gone_at=None),
            to=by,
            act=Act.ASSET_READ,
            at=at,
        )
        held = list(assets.order_by("fqn").values("id", "kind", "fqn")[: MOST_ASSETS + 1])
        related = readable(related_to(term), to=by, act=Act.GLOSSARY_READ, at=at)
        told_row = {
            **row,
            "related": list(related.order_by("name").values_list("name", flat=True)),
            "assets": held[:MOST_ASSETS],
            "is_cut": len(held) > MOST_ASSETS,
        }
        return Response(BusinessTermDetail(told_row).data)


def _visible(request: Request) -> QuerySet[BusinessTerm]:
    inner = request._request
    return readable(
        BusinessTerm.objects.filter(ended_at=None),
        to=who(inner),
        act=Act.GLOSSARY_READ,
        at=when(inner),
    )
