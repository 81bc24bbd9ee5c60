"""``/api/v1/assets/<id>/lineage/``: what an asset is made of, or what is made of it."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.domain.assets import AssetKind
from catalog.domain.labels import Level
from catalog.models import Asset
from catalog.models.edge import LINEAGE_KINDS
from catalog.permissions import Act
from catalog.queries.graph import MOST, Graph, neighbors
from governance import access
from governance.board import when, who
from governance.errors import BadInput, NotFound

DIRECTIONS = ("up", "down")
DEEPEST = 100
USUAL = 1_000
"""Nodes, and edges, of an answer to somebody who asks for no number."""


class NodeRow(serializers.Serializer[Any]):
    """An asset of the lineage."""

    id = serializers.IntegerField()
    hop = serializers.IntegerField(help_text="Edges away: negative up, positive down.")
    kind = serializers.ChoiceField(choices=[kind.value for kind in AssetKind])
    name = serializers.CharField()
    fqn = serializers.CharField()
    parent = serializers.IntegerField(allow_null=True)  # type: ignore[assignment]
    system = serializers.SlugField()
    level = serializers.ChoiceField(choices=[level.slug for level in Level], allow_null=True)
    is_personal = serializers.BooleanField()


class LinkRow(serializers.Serializer[Any]):
    """Data go from ``src`` to ``dst``; both are among the nodes."""

    src = serializers.IntegerField()
    dst = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=[kind.value for kind in LINEAGE_KINDS])
    transform = serializers.CharField(allow_blank=True)
    mask = serializers.CharField(allow_blank=True)


class LineageAnswer(serializers.Serializer[Any]):
    """Nearest first. What the caller may not see is left out, with its edges."""

    asset = serializers.IntegerField()
    direction = serializers.ChoiceField(choices=DIRECTIONS)
    depth = serializers.IntegerField(allow_null=True)
    as_of = serializers.DateTimeField()
    complete = serializers.BooleanField()
    truncated = serializers.BooleanField(
        help_text="More nodes or edges than asked for: the nearest are told."
    )
    nodes = NodeRow(many=True)
    edges = LinkRow(many=True)


class AssetLineage(APIView):
    """The lineage of one asset in one direction."""

    @extend_schema(
        operation_id="assets_lineage",
        responses=LineageAnswer,
        parameters=[
            OpenApiParameter("direction", str, enum=DIRECTIONS, description="Without: down."),
            OpenApiParameter("depth", int, description=f"1 to {DEEPEST} edges; without: all."),
            OpenApiParameter(
                "limit", int, description=f"1 to {MOST:,} nodes and edges; without: {USUAL:,}."
            ),
        ],
    )
    def get(self, request: Request, pk: int) -> Response:
        """Return the lineage; somebody who may not see the asset gets the answer as for none."""
        by, at = who(request._request), when(request._request)
        direction = request._request.GET.get("direction", "down")
        if direction not in DIRECTIONS:
            raise BadInput("direction: neither up nor down", pointer="/direction")
        depth = _number(request._request, "depth", most=DEEPEST)
        limit = _number(request._request, "limit", most=MOST) or USUAL
        rows = access.visible(Asset.objects.filter(pk=pk), to=by, act=Act.ASSET_READ, at=at)
        asset: Asset | None = rows.only("pk", "kind").first()
        if asset is None:
            raise NotFound("There is no such asset, or none for you.")
        is_up = direction == "up"
        up, down = (depth, 0) if is_up else (0, depth)
        found = neighbors(asset, up=up, down=down, to=by, at=at, most=limit)
        return Response({"asset": pk, "direction": direction, "depth": depth, **_told(found, at)})


def _number(request: HttpRequest, name: str, *, most: int) -> int | None:
    word = request.GET.get(name, "")
    if not word:
        return None
    if not (word.isascii() and word.isdigit() and len(word) <= 5 and 1 <= int(word) <= most):
        raise BadInput(f"{name}: no number from 1 to {most}", pointer=f"/{name}")
    return int(word)


def _told(found: Graph, at: datetime) -> dict[str, Any]:
    """Return the answer as plain values, spelled out: a serializer, and ``asdict`` too, takes ten
    times as long for each row.
    """
    slugs: dict[int | None, str | None] = {
        None: None,
        **{level.value: level.slug for level in Level},
    }
    return {
        "as_of": at,
        "complete": found.complete,
        "truncated": not found.complete,
        "nodes": [
            {
                "id": key,
                "hop": hop,
                "kind": kind,
                "name": name,
                "fqn": fqn,
                "parent": parent,
                "system": system,
                "level": slugs[level],
                "is_personal": is_personal,
            }
            for key, hop, kind, name, fqn, parent, system, level, is_personal in found.nodes
        ],
        "edges": [
            {"src": src, "dst": dst, "kind": kind, "transform": transform, "mask": mask}
            for src, dst, kind, transform, mask in found.edges
        ],
    }
