"""``/api/v1/assets/``: what there is, whose it is, how sensitive, and why."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import queries
from catalog.domain.assets import AssetKind
from catalog.domain.labels import Level
from catalog.models import Asset, LabelAssertion
from catalog.permissions import Act
from governance import access
from governance.board import when, who
from governance.errors import NotFound

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


@extend_schema_view(
    get=extend_schema(
        operation_id="assets_list",
        parameters=[
            OpenApiParameter("q", str, description="Words of the full name or description."),
            OpenApiParameter("system", str, description="Slug of a system."),
            OpenApiParameter("site", str, description="Slug of a site; those below it too."),
            OpenApiParameter(
                "kind", str, description="A kind; else all that hold data, without columns."
            ),
            OpenApiParameter("level", str, enum=[*LEVELS, queries.UNCLASSIFIED]),
            OpenApiParameter("gap", str, enum=queries.GAPS, description="What is missing."),
            OpenApiParameter("review", str, enum=["yes"], description="Has proposals to review."),
            OpenApiParameter("in", int, description="Only the direct children of an asset."),
        ],
    )
)
class AssetList(generics.ListAPIView[Any]):
    """Live assets that the caller may see, newest first."""

    serializer_class = AssetRow
    queryset = Asset.objects.none()

    def get_queryset(self) -> Any:
        request = self.request._request
        rows = access.visible(
            Asset.objects.all(), to=who(request), act=Act.ASSET_READ, at=when(request)
        )
        return queries.matching(rows, queries.wanted(request.GET), at=when(request)).values(*FIELDS)


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
