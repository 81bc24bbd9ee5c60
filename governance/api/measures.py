"""``/api/v1/measures/``: the programme's targets and what they say now."""

from datetime import datetime

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance import access, registries
from governance.actions import measuring
from governance.board import when, who
from governance.errors import NotFound
from governance.models import MeasureSample, Site
from governance.permissions import Act


class MeasureRow(serializers.Serializer[dict[str, object]]):
    """One target. ``value`` is null where there is nothing to judge; ``note`` then says why."""

    slug = serializers.SlugField()
    title = serializers.CharField()
    definition = serializers.CharField()
    unit = serializers.ChoiceField(choices=[unit.value for unit in registries.Unit])
    target = serializers.FloatField()
    better = serializers.ChoiceField(choices=["higher", "lower"])
    value = serializers.FloatField(allow_null=True)
    numerator = serializers.IntegerField(allow_null=True)
    denominator = serializers.IntegerField(allow_null=True)
    as_of = serializers.DateTimeField()
    records_url = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)


class Measures(APIView):
    """Every registered measure, of a site and below or of everything."""

    @extend_schema(
        operation_id="measures_list",
        parameters=[OpenApiParameter("site", str, description="Slug; everything without it.")],
        responses=MeasureRow(many=True),
    )
    def get(self, request: Request) -> Response:
        """Return the readings at this instant."""
        by, at = who(request._request), when(request._request)
        site = None
        if slug := request.query_params.get("site"):
            site = access.visible(
                Site.objects.filter(slug=slug), to=by, act=Act.SITE_READ, at=at
            ).first()
            if site is None:
                raise NotFound("There is no such site, or none for you.")
        access.require(by, Act.MEASURE_READ, MeasureSample(site=site), at=at)
        return Response([_row(slug, each, site, at) for slug, each in registries.measures])


def _row(
    slug: str, measure: registries.Measure, site: Site | None, at: datetime
) -> dict[str, object]:
    reading = measuring.read(slug, site=site, at=at)
    return {
        "slug": slug,
        "title": measure.title,
        "definition": measure.definition,
        "unit": measure.unit.value,
        "target": measure.target,
        "better": measure.better,
        "value": reading.value,
        "numerator": reading.numerator,
        "denominator": reading.denominator,
        "as_of": reading.as_of,
        "records_url": reading.records_url,
        "note": reading.note,
    }
