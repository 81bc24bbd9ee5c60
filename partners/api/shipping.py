"""``/api/v1/components/``: who ships a component, for our people."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.board import when, who
from governance.errors import BadInput
from partners.api.doors import Staff
from partners.domain import asking
from partners.domain.asking import BadQuestion
from partners.queries import shipping


class ShippedRow(serializers.Serializer[dict[str, Any]]):
    """A product whose current SBOM lists the component."""

    partner = serializers.CharField()
    partner_slug = serializers.SlugField()
    product = serializers.CharField()
    product_slug = serializers.SlugField()
    site = serializers.CharField()
    component = serializers.CharField(source="component_name")
    package = serializers.CharField(allow_blank=True)
    version = serializers.CharField(source="component_version", allow_blank=True)
    since = serializers.DateTimeField(help_text="When that SBOM was received.")


class ShippedAnswer(serializers.Serializer[Any]):
    """Up to 500 products; ``unordered`` versions could not be compared."""

    results = ShippedRow(many=True, source="rows")
    versions = serializers.IntegerField()
    unordered = serializers.IntegerField()
    is_cut = serializers.BooleanField()


class Components(Staff, APIView):
    """Who ships a component."""

    @extend_schema(
        operation_id="components_list",
        parameters=[
            OpenApiParameter(
                "q", str, required=True, description="`log4j-core < 2.17`, or a package URL."
            )
        ],
        responses=ShippedAnswer,
    )
    def get(self, request: Request) -> Response:
        """Return the products that ship it now."""
        try:
            question = asking.parse(request.query_params.get("q", ""))
        except BadQuestion as error:
            raise BadInput(str(error), pointer="/q") from None
        by, at = who(request._request), when(request._request)
        return Response(ShippedAnswer(shipping.shipped(question, to=by, at=at)).data)
