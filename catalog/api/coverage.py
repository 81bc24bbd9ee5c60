"""``/api/v1/coverage/``: the share of assets that meet the baseline, and every gap."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.domain.assets import AssetKind
from catalog.domain.coverage import Item
from catalog.models import Asset
from catalog.permissions import Act
from catalog.queries import coverage
from governance import access
from governance.board import when, who
from governance.errors import BadInput

MOST_GAPS = 500
ITEMS = [item.value for item in Item]


class FigureRow(serializers.Serializer[Any]):
    """Complete assets among those that count; exempt ones beside."""

    slug = serializers.CharField(allow_blank=True)
    name = serializers.CharField()
    complete = serializers.IntegerField()
    counted = serializers.IntegerField()
    exempt = serializers.IntegerField()
    percent = serializers.FloatField(allow_null=True, help_text="Null while nothing counts.")


class GapRow(serializers.Serializer[Any]):
    """One asset that is not complete."""

    id = serializers.IntegerField()
    fqn = serializers.CharField()
    kind = serializers.ChoiceField(choices=[kind.value for kind in AssetKind])
    system = serializers.CharField(source="system_slug")
    site = serializers.CharField(source="site_slug", allow_null=True)
    missing = serializers.ListField(child=serializers.ChoiceField(choices=ITEMS))


class ExemptionRow(serializers.Serializer[Any]):
    """One asset that does not count for a time."""

    id = serializers.IntegerField()
    fqn = serializers.CharField()
    exempt_until = serializers.DateTimeField()
    reason = serializers.CharField()
    actor = serializers.CharField()


class CoverageAnswer(serializers.Serializer[Any]):
    """Baseline coverage of what the caller may see."""

    as_of = serializers.DateTimeField()
    total = FigureRow()
    critical = FigureRow()
    by_site = FigureRow(many=True)
    by_system = FigureRow(many=True)
    missing = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many lack each item."
    )
    gaps = GapRow(many=True)
    exemptions = ExemptionRow(many=True)


class CoverageView(APIView):
    """How much of what there is meets the baseline, and what is missing where."""

    @extend_schema(
        operation_id="coverage_retrieve",
        parameters=[
            OpenApiParameter("system", str, description="Slug of a system."),
            OpenApiParameter("site", str, description="Slug of a site; those below it too."),
            OpenApiParameter("item", str, enum=ITEMS, description="Only gaps that lack it."),
        ],
        responses=CoverageAnswer,
    )
    def get(self, request: Request) -> Response:
        """Return figures, the first 500 gaps by full name, and the exemptions."""
        by, at = who(request._request), when(request._request)
        words = {
            name: request._request.GET.get(name, "").replace("\0", "")
            for name in ("system", "site", "item")
        }
        item = words.pop("item")
        if item and item not in ITEMS:
            raise BadInput(f"item: not one of {', '.join(ITEMS)}", pointer="/item")
        seen = access.visible(Asset.objects.all(), to=by, act=Act.ASSET_READ, at=at)
        rows = coverage.rows(coverage.Scope(**words), among=seen)
        gaps = [
            {**row, "missing": [one.value for one in coverage.missing(row)]}
            for row in coverage.gaps(rows, at=at, item=item)[:MOST_GAPS]
        ]
        return Response(
            CoverageAnswer(
                {
                    "as_of": at,
                    **coverage.coverage(rows, at=at).told(),
                    "gaps": gaps,
                    "exemptions": list(coverage.exempt(rows, at=at)),
                }
            ).data
        )
