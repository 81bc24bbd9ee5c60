"""``…/sboms/{id}/diff/``: what changed from one SBOM to another."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.board import when, who
from governance.errors import BadInput, NotFound
from partners import queries
from partners.api.doors import Contacts, Staff
from partners.api.shapes import DiffRow
from partners.models import Intake, Sbom
from partners.queries import diffs, sboms
from partners.queries.diffs import Counts, Kind

AGAINST = OpenApiParameter(
    "against", UUID, description="Another SBOM of the product; default: the one before."
)
MISSING = "There is no such SBOM, or none for you."


def _diff(request: Request, pk: UUID) -> Response:
    by, at = who(request._request), when(request._request)
    visible = sboms.sboms(to=by, at=at)
    sbom = visible.filter(pk=pk).first()
    if sbom is None:
        raise NotFound(MISSING)
    against = _against(request, sbom)
    if against is not None and not visible.filter(pk=against, product=sbom.product_id).exists():
        raise NotFound(MISSING)
    found: dict[str, Any] = {
        "sbom": sbom.pk,
        "against": against,
        "counts": asdict(Counts()),
        "changes": [],
        "findings_opened": [],
        "findings_closed": [],
    }
    if against is not None:
        found["counts"] = asdict(diffs.counts(against, sbom.pk))
        found["changes"] = [
            asdict(one) for kind in Kind for one in diffs.changes(against, sbom.pk, kind=kind)
        ]
    intake = Intake.objects.filter(sbom=sbom).first()
    if intake is not None:
        for name, moved in (("opened", sboms.opened), ("closed", sboms.closed)):
            listed = queries.rows(moved(intake, to=by, at=at)).order_by("due_at", "id")
            found[f"findings_{name}"] = list(listed[: diffs.LISTED])
    return Response(DiffRow(found).data)


def _against(request: Request, sbom: Sbom) -> UUID | None:
    text = request.query_params.get("against")
    if text is None:
        return sbom.previous_id
    try:
        return UUID(text)
    except ValueError:
        raise BadInput("This is no id of an SBOM.", pointer="/against") from None


class Diff(Staff, APIView):
    """What changed from one SBOM to another."""

    @extend_schema(operation_id="sboms_diff_retrieve", parameters=[AGAINST], responses=DiffRow)
    def get(self, request: Request, pk: UUID) -> Response:
        """Return components and findings that differ."""
        return _diff(request, pk)


class OwnDiff(Contacts, APIView):
    """What changed from one of the caller's own SBOMs to another."""

    @extend_schema(
        operation_id="portal_sboms_diff_retrieve", parameters=[AGAINST], responses=DiffRow
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """Return it; another partner's SBOM is answered like none."""
        return _diff(request, pk)
