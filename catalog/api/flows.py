"""``/api/v1/flows/``: declared and observed flows; ``reach/``: what an asset reaches."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.actions import flowing
from catalog.api.zones import SITE, at_site
from catalog.domain.labels import Level
from catalog.models import Asset, Flow
from catalog.permissions import Act
from catalog.queries.reach import radius
from governance import access
from governance.api import idempotency
from governance.board import when, who
from governance.domain.actor import Actor
from governance.errors import BadInput, NotFound

NAMESPACE = UUID("0c7e2c1b-35b1-5f0c-8a53-7f6f0d7c4a19")
FIELDS = (
    "id", "src_id", "dst_id", "party_ref", "protocol", "port", "purpose", "declared_by",
    "declared_at", "first_seen_at", "observed_at",
)  # fmt: skip


class FlowRow(serializers.Serializer[dict[str, Any]]):
    """One flow; it ends at an asset (``dst``) or at a party outside (``party_ref``)."""

    id = serializers.IntegerField()
    src = serializers.IntegerField(source="src_id")
    dst = serializers.IntegerField(source="dst_id", allow_null=True)
    party_ref = serializers.CharField(allow_blank=True)
    protocol = serializers.CharField()
    port = serializers.IntegerField(allow_null=True)
    purpose = serializers.CharField(allow_blank=True)
    declared_by = serializers.CharField(allow_blank=True)
    declared_at = serializers.DateTimeField(allow_null=True)
    first_seen_at = serializers.DateTimeField(allow_null=True)
    observed_at = serializers.DateTimeField(allow_null=True)


class FlowEnds(serializers.Serializer[dict[str, Any]]):
    """Between what and how data flow."""

    src = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    dst = serializers.IntegerField(min_value=1, max_value=2**63 - 1, allow_null=True, default=None)
    party_ref = serializers.CharField(max_length=120, allow_blank=True, default="")
    protocol = serializers.CharField(max_length=40)
    port = serializers.IntegerField(min_value=1, max_value=65535, allow_null=True, default=None)


class FlowDeclaration(FlowEnds):
    """What declaring a flow takes."""

    purpose = serializers.CharField(max_length=300)


class FlowObservation(FlowEnds):
    """What a sensor reports."""

    seen_at = serializers.DateTimeField(allow_null=True, default=None)


class Flows(generics.ListAPIView[Any]):
    """Flows that the caller may see, newest first; and declaring one."""

    serializer_class = FlowRow
    queryset = Flow.objects.none()

    def get_queryset(self) -> Any:
        request = self.request._request
        rows: QuerySet[Flow] = access.visible(
            Flow.objects.live(), to=who(request), act=Act.FLOW_READ, at=when(request)
        )
        return at_site(rows, request.GET.get("site", ""), "src__site").values(*FIELDS)

    @extend_schema(operation_id="flows_list", parameters=[SITE])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List flows."""
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="flows_declare",
        request=FlowDeclaration,
        responses={201: FlowRow},
        parameters=[idempotency.parameter("declares")],
    )
    def post(self, request: Request) -> Response:
        """Declare a flow; repeating the request with its key answers the same."""
        by, at = who(request._request), when(request._request)
        token = idempotency.token(request, of=by.ref, within=NAMESPACE)
        given = _read(FlowDeclaration, request)
        flow = flowing.declare(
            **_ends(given, request), purpose=given["purpose"], token=token, by=by, at=at
        )
        return Response(_shown(flow), status=201)


class FlowObservations(APIView):
    """Where sensors report what they saw; the same report twice changes nothing."""

    @extend_schema(operation_id="flows_observe", request=FlowObservation, responses={200: FlowRow})
    def post(self, request: Request) -> Response:
        """Note that data were seen to flow."""
        by, at = who(request._request), when(request._request)
        given = _read(FlowObservation, request)
        flow = flowing.observe(**_ends(given, request), seen_at=given["seen_at"], by=by, at=at)
        return Response(_shown(flow))


class WayRow(serializers.Serializer[Any]):
    """One asset or party that is reached."""

    asset = serializers.SerializerMethodField()
    party = serializers.CharField(allow_blank=True)
    hop = serializers.IntegerField()
    conduits = serializers.ListField(child=serializers.CharField())
    is_open = serializers.BooleanField(
        help_text="The step crosses a border of zones and no conduit permits it."
    )

    def get_asset(self, way: Any) -> int | None:
        return None if way.asset is None else int(way.asset.pk)


class ReachRow(serializers.Serializer[Any]):
    """What an asset reaches; ``complete`` is false when the walk was cut."""

    complete = serializers.BooleanField()
    level = serializers.SerializerMethodField(help_text="The highest level at stake.")
    categories = serializers.ListField(child=serializers.CharField())
    conduits = serializers.ListField(child=serializers.CharField())
    assets = WayRow(many=True, source="ways")
    parties = WayRow(many=True)

    def get_level(self, found: Any) -> str | None:
        return None if found.level is None else Level(found.level).slug


class AssetReach(APIView):
    """The blast radius of one asset."""

    @extend_schema(operation_id="assets_reach", responses=ReachRow)
    def get(self, request: Request, pk: int) -> Response:
        """Return what the asset reaches, nearest first."""
        by, at = who(request._request), when(request._request)
        asset = _asset(pk, by, request)
        if asset is None:
            raise NotFound("There is no such asset, or none for you.")
        return Response(ReachRow(radius(asset, to=by, at=at)).data)


def _read(shape: type[FlowEnds], request: Request) -> dict[str, Any]:
    asked = shape(data=request.data)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def _ends(given: dict[str, Any], request: Request) -> dict[str, Any]:
    """Return the arguments of the actions; an asset that the caller may not see is none."""
    by = who(request._request)
    found: dict[str, Asset | None] = {}
    for name in ("src", "dst"):
        key = given[name]
        found[name] = None if key is None else _asset(key, by, request)
        if key is not None and found[name] is None:
            raise BadInput("There is no such asset, or none for you.", pointer=f"/{name}")
    return {**found, **{name: given[name] for name in ("party_ref", "protocol", "port")}}


def _asset(key: int, by: Actor, request: Request) -> Asset | None:
    rows = access.visible(
        Asset.objects.filter(pk=key), to=by, act=Act.ASSET_READ, at=when(request._request)
    )
    found: Asset | None = rows.select_related("site").first()
    return found


def _shown(flow: Flow) -> Any:
    return FlowRow(Flow.objects.filter(pk=flow.pk).values(*FIELDS).get()).data
