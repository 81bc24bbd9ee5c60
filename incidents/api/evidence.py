"""Evidence of an incident: taken in as a raw body, with the chain of each item."""

from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from governance.access import foresee
from governance.api import idempotency
from governance.board import when, who
from governance.errors import BadInput, NotFound
from incidents.actions import collecting, custody
from incidents.api.rooms import OfIncident, given
from incidents.domain.custody import CustodyAct
from incidents.errors import TooLarge
from incidents.evidence.streaming import Overflow, stream
from incidents.models import CustodyEvent, EvidenceItem
from incidents.permissions import Act

NAMESPACE = UUID("6f1d5f6e-5a5b-5d0e-9f0a-3b1f6a0c2d12")
ITEM = (
    "number", "name", "note", "sha256", "size", "source", "keep_until", "received_by",
    "received_at",
)  # fmt: skip
_LATER = [one.value for one in custody.ACTS]


class RawBody(BaseParser):
    """Leaves the body where it is: the view streams it to the disk."""

    media_type = "application/octet-stream"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """Return nothing of it."""
        return {}


class EvidenceItemRow(serializers.ModelSerializer[EvidenceItem]):
    """One item, known by its SHA-256."""

    class Meta:
        model = EvidenceItem
        fields: tuple[str, ...] = ITEM


class CustodyRow(serializers.ModelSerializer[CustodyEvent]):
    """One act of a chain of custody."""

    class Meta:
        model = CustodyEvent
        fields = ("seq", "act", "by", "to", "at", "reason", "sha256")


class EvidenceItemDetail(EvidenceItemRow):
    """One item with its chain of custody."""

    chain = CustodyRow(many=True)

    class Meta(EvidenceItemRow.Meta):
        fields: tuple[str, ...] = (*ITEM, "chain")


class CustodyActForm(serializers.Serializer[Any]):
    """What happens to the item; ``to`` is ``user:<id>`` for a transfer, words for a release."""

    act = serializers.ChoiceField(choices=_LATER)
    to = serializers.CharField(max_length=200, allow_blank=True, default="")
    reason = serializers.CharField(max_length=2000, allow_blank=True, default="")


def _word(name: str, about: str, *, is_required: bool = False) -> OpenApiParameter:
    return OpenApiParameter(name, str, required=is_required, description=about)


class Evidence(OfIncident, generics.ListAPIView[Any]):
    """Evidence of an incident."""

    serializer_class = EvidenceItemRow
    parser_classes = [RawBody]

    def get_queryset(self) -> Any:
        return EvidenceItem.objects.filter(incident=self.incident())

    @extend_schema(operation_id="incident_evidence_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List it."""
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="incident_evidence_create",
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={201: EvidenceItemDetail},
        parameters=[
            idempotency.parameter("takes in"),
            _word("name", "What the file is called.", is_required=True),
            _word("sha256", "Taken at the source; another file is refused."),
            _word("source", "The machine or account that it was taken from."),
            _word("collected_by", "Who collected it, if not the caller."),
            _word("note", "What it shows."),
        ],
    )
    def post(self, request: Request, reference: str) -> Response:
        """Take the body in as one file; it streams to the disk while it is hashed."""
        incident, at = self.incident(), when(request._request)
        by = who(request._request)
        foresee(by, Act.EVIDENCE_ADD, EvidenceItem(incident=incident), at=at)
        token = idempotency.token(request, of=by.ref, within=NAMESPACE)
        asked = request.query_params
        if not asked.get("name"):
            raise BadInput("Say what the file is called.", pointer="/name")
        limit = int(settings.EVIDENCE_MAX_BYTES)
        folder = Path(settings.EVIDENCE_DIR) / "incoming"
        try:
            if int(request.headers.get("Content-Length") or 0) > limit:
                raise Overflow
            came = stream(request._request.read, folder, limit=limit)
        except Overflow as error:
            raise TooLarge(f"Evidence has up to {limit:,} bytes. Nothing was kept.") from error
        try:
            item = collecting.receive(
                incident, file=came.path, sha256=came.sha256, size=came.size,
                name=asked["name"], token=token, claimed=asked.get("sha256", ""),
                source=asked.get("source", ""), note=asked.get("note", ""),
                collected_by=asked.get("collected_by", ""), by=by, at=at,
            )  # fmt: skip
        finally:
            came.path.unlink(missing_ok=True)
        return Response(EvidenceItemDetail(item).data, status=201)


class OneEvidence(OfIncident):
    """One item of evidence."""

    serializer_class = EvidenceItemDetail

    def _item(self, number: int) -> EvidenceItem:
        row = EvidenceItem.objects.filter(incident=self.incident(), number=number).first()
        if row is None:
            raise NotFound("This incident has no such evidence.")
        return row

    @extend_schema(operation_id="incident_evidence_retrieve")
    def get(self, request: Request, reference: str, number: int) -> Response:
        """Return it with its chain of custody."""
        return Response(EvidenceItemDetail(self._item(number)).data)

    @extend_schema(
        operation_id="incident_evidence_custody",
        request=CustodyActForm,
        responses={201: EvidenceItemDetail},
    )
    def post(self, request: Request, reference: str, number: int) -> Response:
        """Add an act to the chain; what the chain does not allow answers 422."""
        item, said = self._item(number), given(CustodyActForm, request)
        by, at = who(request._request), when(request._request)
        act = CustodyAct(said["act"])
        custody.take(item, act, to=said["to"], reason=said["reason"], by=by, at=at)
        return Response(EvidenceItemDetail(item).data, status=201)
