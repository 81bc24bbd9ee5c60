"""``/api/v1/zones/`` and ``/api/v1/conduits/``: segmentation, and what is wrong with it."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
)
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.domain.zones import Direction, FindingKind, PurdueLevel, Severity
from catalog.models import Conduit, ConduitZone, Zone
from catalog.permissions import Act
from catalog.queries.zones import findings
from governance import access
from governance.board import when, who
from governance.errors import BadInput
from governance.models import Site

FIELDS = (
    "id", "site__slug", "parent_id", "name", "slug", "purdue_level", "is_untrusted", "is_safety",
    "sl_target", "sl_capability", "sl_achieved", "created_at",
)  # fmt: skip
CONDUIT_FIELDS = (
    "id", "site__slug", "name", "protocols", "description", "sl_target", "sl_capability",
    "sl_achieved", "created_at",
)  # fmt: skip
MOST_FINDINGS = 500
SITE = OpenApiParameter("site", str, description="Slug of a site; those below it too.")


def vector() -> serializers.ListField:
    """Return the field of a security level."""
    return serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=4),
        allow_null=True,
        help_text="0 to 4 for IAC, UC, SI, DC, RDF, TRE, RA; null: not stated.",
    )


class ZoneRow(serializers.Serializer[dict[str, Any]]):
    """One zone."""

    id = serializers.IntegerField()
    site = serializers.SlugField(source="site__slug")
    parent = serializers.IntegerField(source="parent_id", allow_null=True)  # type: ignore[assignment]
    name = serializers.CharField()
    slug = serializers.SlugField()
    purdue_level = serializers.ChoiceField(choices=[one.value for one in PurdueLevel])
    is_untrusted = serializers.BooleanField()
    is_safety = serializers.BooleanField()
    sl_target = vector()
    sl_capability = vector()
    sl_achieved = vector()
    created_at = serializers.DateTimeField()


class BorderRow(serializers.Serializer[dict[str, Any]]):
    """One zone of a conduit, and which way data may cross, seen from the zone."""

    zone = serializers.IntegerField(source="zone_id")
    direction = serializers.ChoiceField(choices=[one.value for one in Direction])


class ConduitRow(serializers.Serializer[dict[str, Any]]):
    """One conduit with its zones."""

    id = serializers.IntegerField()
    site = serializers.SlugField(source="site__slug")
    name = serializers.CharField()
    protocols = serializers.ListField(child=serializers.CharField())
    description = serializers.CharField(allow_blank=True)
    zones = serializers.SerializerMethodField()
    sl_target = vector()
    sl_capability = vector()
    sl_achieved = vector()
    created_at = serializers.DateTimeField()

    @extend_schema_field(BorderRow(many=True))
    def get_zones(self, row: dict[str, Any]) -> Any:
        held = self.context["borders"].get(row["id"], [])
        return BorderRow(held, many=True).data


class ZoneFindingRow(serializers.Serializer[Any]):
    """One thing that is wrong, with the keys of its records."""

    kind = serializers.ChoiceField(choices=[one.value for one in FindingKind])
    severity = serializers.ChoiceField(choices=[one.value for one in Severity])
    title = serializers.CharField()
    why = serializers.CharField()
    zones = serializers.ListField(child=serializers.IntegerField())
    flow = serializers.IntegerField(allow_null=True)
    conduit = serializers.IntegerField(allow_null=True)
    assets = serializers.IntegerField(help_text="How many assets it is about.")


class ZoneFindingsRow(serializers.Serializer[Any]):
    """What was found: how much in all, and the gravest of it."""

    total = serializers.IntegerField()
    results = ZoneFindingRow(many=True)


@extend_schema_view(get=extend_schema(operation_id="zones_list", parameters=[SITE]))
class ZoneList(generics.ListAPIView[Any]):
    """Zones that the caller may see, newest first."""

    serializer_class = ZoneRow
    queryset = Zone.objects.none()

    def get_queryset(self) -> Any:
        request = self.request._request
        rows = access.visible(
            Zone.objects.filter(gone_at=None), to=who(request), act=Act.ZONE_READ, at=when(request)
        )
        return at_site(rows, request.GET.get("site", ""), "site").values(*FIELDS)


@extend_schema_view(get=extend_schema(operation_id="conduits_list", parameters=[SITE]))
class ConduitList(generics.ListAPIView[Any]):
    """Conduits that the caller may see, newest first."""

    serializer_class = ConduitRow
    queryset = Conduit.objects.none()

    def get_queryset(self) -> Any:
        request = self.request._request
        rows = access.visible(
            Conduit.objects.filter(gone_at=None),
            to=who(request),
            act=Act.CONDUIT_READ,
            at=when(request),
        )
        return at_site(rows, request.GET.get("site", ""), "site").values(*CONDUIT_FIELDS)

    def get_serializer(self, *args: Any, **options: Any) -> Any:
        """Read the zones of all conduits of the page at once."""
        page = args[0] if args else []
        borders: dict[int, list[dict[str, Any]]] = {}
        keys = [row["id"] for row in page]
        for row in ConduitZone.objects.filter(conduit__in=keys).values(
            "conduit_id", "zone_id", "direction"
        ):
            borders.setdefault(row["conduit_id"], []).append(dict(row))
        context = {**self.get_serializer_context(), "borders": borders}
        return ConduitRow(*args, **{**options, "context": context})


class ZoneFindings(APIView):
    """What is wrong with the segmentation of a site and of those below it."""

    @extend_schema(
        operation_id="zone_findings_retrieve",
        parameters=[OpenApiParameter("site", str, required=True, description="Slug of a site.")],
        responses=ZoneFindingsRow,
    )
    def get(self, request: Request) -> Response:
        """Return how many findings there are, and the 500 gravest."""
        by, at = who(request._request), when(request._request)
        slug = request._request.GET.get("site", "").replace("\0", "")
        site = Site.objects.filter(slug=slug).first()
        if site is None or not access.allows(by, Act.ZONE_READ, Zone(site=site), at=at):
            raise BadInput("There is no such site, or none for you.", pointer="/site")
        found = findings(site, at)
        told = {"total": len(found), "results": found[:MOST_FINDINGS]}
        return Response(ZoneFindingsRow(told).data)


def at_site(rows: QuerySet[Any], slug: str, path: str) -> QuerySet[Any]:
    """Return the ``rows`` at the site of that name and below; all when it is empty."""
    if not slug:
        return rows
    site = Site.objects.filter(slug=slug.replace("\0", "")).first()
    return rows.filter(**{f"{path}__in": Site.objects.below(site)}) if site else rows.none()
