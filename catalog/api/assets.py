"""``/api/v1/assets/``: what there is, whose it is, how sensitive, and why."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from catalog import queries
from catalog.domain.assets import AssetKind
from catalog.domain.labels import Level
from catalog.models import Asset, LabelAssertion
from catalog.permissions import Act
from governance import access
from governance.api.paging import Pages
from governance.board import when, who
from governance.errors import BadInput, NotFound

FIELDS = (
    "id",
    "kind",
    "name",
    "fqn",
    "parent_id",
    "system__slug",
    "site__slug",
    "owner__name",
    "level",
    "is_personal",
    "is_classified",
    "physical_type",
    "description",
    "row_estimate",
    "first_seen_at",
    "gone_at",
)
LEVELS = [level.slug for level in Level]


class LevelField(serializers.ChoiceField):
    """A level by its word; null means unclassified, which is not public."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=LEVELS, **options)

    def to_representation(self, value: Any) -> str:
        return Level(value).slug


class AssetRow(serializers.Serializer[dict[str, Any]]):
    """One asset. Owner and site are those in force, inherited ones included."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=[kind.value for kind in AssetKind])
    name = serializers.CharField()
    fqn = serializers.CharField()
    parent = serializers.IntegerField(source="parent_id", allow_null=True)  # type: ignore[assignment]
    system = serializers.SlugField(source="system__slug")
    site = serializers.SlugField(source="site__slug", allow_null=True)
    owner = serializers.CharField(source="owner__name", allow_null=True)
    level = LevelField(allow_null=True)
    is_personal = serializers.BooleanField()
    is_classified = serializers.BooleanField(help_text="Every column has an accepted label.")
    physical_type = serializers.CharField(allow_blank=True)
    description = serializers.CharField(allow_blank=True)
    row_estimate = serializers.IntegerField(allow_null=True)
    first_seen_at = serializers.DateTimeField()
    gone_at = serializers.DateTimeField(allow_null=True)


class LabelRow(serializers.Serializer[dict[str, Any]]):
    """One source's opinion; ``evidence`` holds words of names, never data."""

    polarity = serializers.CharField()
    level = LevelField()
    category = serializers.CharField(allow_blank=True)
    source = serializers.CharField()  # type: ignore[assignment]
    rule = serializers.CharField(allow_blank=True)
    confidence = serializers.FloatField()
    evidence = serializers.ListField(child=serializers.CharField())
    status = serializers.CharField()
    actor = serializers.CharField(allow_blank=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)


class AssetWithLabels(AssetRow):
    """One asset with each label it has itself."""

    labels = LabelRow(many=True)


FILTERS = [
    OpenApiParameter(
        "q", str, description="Words that the name, its path or the description begin with."
    ),
    OpenApiParameter("system", str, description="Slug of a system."),
    OpenApiParameter("site", str, description="Slug of a site; those below it too."),
    OpenApiParameter(
        "kind", str, description="A kind; else all that hold data, and with q their columns."
    ),
    OpenApiParameter("level", str, enum=[*LEVELS, queries.UNCLASSIFIED]),
    OpenApiParameter("category", str, description="A category of personal data, in force."),
    OpenApiParameter("owner", UUID, description="The number of a person."),
    OpenApiParameter("gap", str, enum=queries.GAPS, description="What is missing."),
    OpenApiParameter("term", int, description="The number of a business term of its glossary."),
    OpenApiParameter("review", str, enum=["yes"], description="Has proposals to review."),
    OpenApiParameter("in", int, description="Only the direct children of an asset."),
]


class FoundPage(serializers.Serializer[dict[str, Any]]):
    """A page of assets. ``previous`` is null with ``q``: ranked pages only go on."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    truncated = serializers.BooleanField(
        help_text="More matched than the 2,000 that were ranked: use more words or filters."
    )
    results = AssetRow(many=True)


class FacetValue(serializers.Serializer[Any]):
    """A value, what people call it, and how many matches have it."""

    value = serializers.CharField()
    title = serializers.CharField()
    count = serializers.IntegerField()


class FacetsRow(serializers.Serializer[Any]):
    """With ``is_more`` there are more than 1,000 matches, and the counts are at least so many."""

    total = serializers.IntegerField()
    is_more = serializers.BooleanField()
    values = serializers.DictField(child=FacetValue(many=True))


class AssetList(generics.ListAPIView[Any]):
    """Live assets that the caller may see: newest first, or best first with ``q``."""

    serializer_class = AssetRow
    queryset = Asset.objects.none()

    def get_queryset(self) -> Any:
        return _matching(self.request, queries.wanted(self.request._request.GET)).values(*FIELDS)

    @extend_schema(
        operation_id="assets_list", parameters=FILTERS, responses=FoundPage, filters=False
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List assets, or find them."""
        sought = queries.wanted(request._request.GET)
        if not sought.text:
            answer = self.list(request, *args, **kwargs)
            answer.data["truncated"] = False
            return answer
        size = Pages().get_page_size(request) or Pages.page_size
        found = queries.find(_matching(request, sought), sought.text)
        page = found.after(_hit(request._request.GET.get("cursor", "")), size + 1)
        shown = [hit.id for hit in page[:size]]
        rows = {row["id"]: row for row in Asset.objects.filter(pk__in=shown).values(*FIELDS)}
        following = None
        if len(page) > size:
            url = request.build_absolute_uri()
            following = replace_query_param(url, "cursor", _cursor(page[size - 1]))
        told: Any = [rows[key] for key in shown if key in rows]
        results = AssetRow(told, many=True).data
        return Response(
            {
                "next": following,
                "previous": None,
                "truncated": found.truncated,
                "results": results,
            }
        )


class AssetFacets(APIView):
    """How the matches of a search spread."""

    @extend_schema(operation_id="assets_facets", parameters=FILTERS, responses=FacetsRow)
    def get(self, request: Request) -> Response:
        """Return the values of what matches, with counts of what the caller may see."""
        sought = queries.wanted(request._request.GET)
        rows = _matching(request, sought)
        found = [hit.id for hit in queries.find(rows, sought.text).hits] if sought.text else None
        by, at = who(request._request), when(request._request)
        return Response(FacetsRow(queries.count(rows, found=found, to=by, at=at)).data)


def _matching(request: Request, sought: queries.Wanted) -> QuerySet[Asset]:
    by, at = who(request._request), when(request._request)
    rows = access.visible(Asset.objects.all(), to=by, act=Act.ASSET_READ, at=at)
    return queries.matching(rows, sought, to=by, at=at)


def _cursor(hit: queries.Hit) -> str:
    return urlsafe_b64encode(json.dumps(hit).encode()).decode()


def _hit(cursor: str) -> queries.Hit | None:
    """Return the last hit of the page before.

    Raises:
        BadInput: the cursor was not made here.
    """
    if not cursor:
        return None
    try:
        step, less, fqn, key = json.loads(urlsafe_b64decode(cursor.encode()))
        return queries.Hit(int(step), float(less), str(fqn), int(key))
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise BadInput("This cursor was not made here.", pointer="/cursor") from error


class AssetDetail(APIView):
    """One asset, gone ones included, with the reasons for its labels."""

    @extend_schema(operation_id="assets_retrieve", responses=AssetWithLabels)
    def get(self, request: Request, pk: int) -> Response:
        """Return the asset; somebody who may not see it gets the same answer as for none."""
        by, at = who(request._request), when(request._request)
        rows = access.visible(Asset.objects.filter(pk=pk), to=by, act=Act.ASSET_READ, at=at)
        row: dict[str, Any] | None = rows.values(*FIELDS).first()
        if row is None:
            raise NotFound("There is no such asset, or none for you.")
        labels = access.visible(
            LabelAssertion.objects.filter(asset=pk), to=by, act=Act.LABEL_READ, at=at
        )
        return Response(AssetWithLabels({**row, "labels": labels.values()}).data)
