"""``/api/v1/contracts/``: data contracts, what is wrong in them, and the documents themselves."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.contracts.writer import NotConvertible
from catalog.models import Contract, ContractBinding, ContractState
from catalog.permissions import Act
from catalog.queries.contracts import exported
from governance import access
from governance.board import when, who
from governance.errors import BadInput, NotFound

FIELDS = (
    "id", "site__slug", "contract_id", "version", "name", "api_version", "status", "state",
    "is_valid", "sha256", "fault_count", "warning_count", "imported_at", "activated_at",
    "retired_at",
)  # fmt: skip


class ContractRow(serializers.Serializer[dict[str, Any]]):
    """One version of a contract."""

    id = serializers.IntegerField()
    site = serializers.SlugField(source="site__slug")
    contract_id = serializers.CharField(help_text="As the contract says.")
    version = serializers.CharField()
    name = serializers.CharField(allow_blank=True)
    api_version = serializers.CharField(allow_blank=True)
    status = serializers.CharField(allow_blank=True, help_text="As the contract says.")
    state = serializers.ChoiceField(choices=ContractState.choices)
    is_valid = serializers.BooleanField()  # type: ignore[assignment]
    sha256 = serializers.CharField(help_text="Of the content; order of members does not count.")
    fault_count = serializers.IntegerField()
    warning_count = serializers.IntegerField()
    imported_at = serializers.DateTimeField()
    activated_at = serializers.DateTimeField(allow_null=True)
    retired_at = serializers.DateTimeField(allow_null=True)


class ContractFaultRow(serializers.Serializer[dict[str, Any]]):
    """One thing that is wrong or doubtful, and where."""

    code = serializers.CharField()
    pointer = serializers.CharField(allow_blank=True)
    line = serializers.IntegerField(allow_null=True)
    detail = serializers.CharField()
    remedy = serializers.CharField(allow_blank=True)


class BindingRow(serializers.Serializer[dict[str, Any]]):
    """One object or property, and its asset if exactly one fits."""

    pointer = serializers.CharField()
    name = serializers.CharField()
    asset = serializers.IntegerField(source="asset_id", allow_null=True)
    candidates = serializers.ListField(child=serializers.IntegerField())


class ContractDetailRow(ContractRow):
    """One version of a contract with the first 50 findings and its bindings."""

    faults = ContractFaultRow(many=True)
    warnings = ContractFaultRow(many=True)
    bindings = BindingRow(many=True)


@extend_schema_view(
    get=extend_schema(
        operation_id="contracts_list",
        parameters=[OpenApiParameter("state", str, enum=ContractState.values)],
    )
)
class ContractList(generics.ListAPIView[Any]):
    """Contracts that the caller may see, newest first."""

    serializer_class = ContractRow
    queryset = Contract.objects.none()

    def get_queryset(self) -> Any:
        request = self.request._request
        rows = access.visible(
            Contract.objects.all(), to=who(request), act=Act.CONTRACT_READ, at=when(request)
        )
        state = request.GET.get("state", "")
        return (rows.filter(state=state) if state else rows).values(*FIELDS)


class ContractDetail(APIView):
    """One contract with its findings and bindings."""

    @extend_schema(operation_id="contracts_retrieve", responses=ContractDetailRow)
    def get(self, request: Request, pk: int) -> Response:
        """Return it; one that the caller may not see is answered like none."""
        contract = _contract(request, pk)
        row = Contract.objects.filter(pk=contract.pk).values(*FIELDS, "faults", "warnings").get()
        bindings = ContractBinding.objects.filter(contract=contract).values()
        return Response(ContractDetailRow({**row, "bindings": bindings}).data)


class ContractDocument(APIView):
    """The document of a contract."""

    @extend_schema(
        operation_id="contracts_document",
        parameters=[OpenApiParameter("newest", bool, description="As YAML of the newest version.")],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, pk: int) -> HttpResponse:
        """Return it byte for byte as it was imported, or in the newest version."""
        contract = _contract(request, pk)
        is_newest = request._request.GET.get("newest", "") in ("true", "1", "yes")
        try:
            body = exported(contract, is_newest=is_newest)
        except NotConvertible as error:
            raise BadInput(f"newest: not without loss from {error}", pointer="/newest") from error
        is_json = not is_newest and body.lstrip().startswith(b"{")
        name = f"contract-{contract.pk}.odcs.{'json' if is_json else 'yaml'}"
        return HttpResponse(
            body,
            content_type="application/octet-stream",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def _contract(request: Request, pk: int) -> Contract:
    by, at = who(request._request), when(request._request)
    rows = access.visible(Contract.objects.filter(pk=pk), to=by, act=Act.CONTRACT_READ, at=at)
    found: Contract | None = rows.first()
    if found is None:
        raise NotFound("There is no such contract, or none for you.")
    return found
