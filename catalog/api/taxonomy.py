"""``/api/v1/taxonomy/``: keys of all schemes with what they mean."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics, serializers

from catalog.domain.labels import Level, floor
from catalog.domain.taxonomy import Origin, Scheme
from catalog.models import Term
from catalog.permissions import Act
from catalog.queries.glossary import readable
from governance.board import when, who
from governance.errors import BadInput

FIELDS = (
    "id", "scheme", "key", "label", "description", "reference", "origin", "parent__key",
    "version", "changed_at", "retired_at", "successor__key",
)  # fmt: skip
SCHEMES = [one.value for one in Scheme]
PARAMETERS = [
    OpenApiParameter("scheme", str, enum=SCHEMES),
    OpenApiParameter("retired", str, enum=["yes", "no"], description="Both without it."),
]


class TermRow(serializers.Serializer[dict[str, Any]]):
    """One key. A retired one names its successor; ``floor`` is of data categories alone."""

    id = serializers.IntegerField()
    scheme = serializers.ChoiceField(choices=SCHEMES)
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    description = serializers.CharField(allow_blank=True)
    reference = serializers.CharField(allow_blank=True, help_text="Its maker's number, as T0800.")
    origin = serializers.ChoiceField(choices=[one.value for one in Origin])
    parent = serializers.CharField(source="parent__key", allow_null=True)  # type: ignore[assignment]
    floor = serializers.SerializerMethodField(help_text="Lowest level of such data.")
    version = serializers.IntegerField(help_text="Counts up with each change.")
    changed_at = serializers.DateTimeField()
    retired_at = serializers.DateTimeField(allow_null=True)
    successor = serializers.CharField(source="successor__key", allow_null=True)

    def get_floor(self, row: dict[str, Any]) -> str | None:
        """Return the level below which data of a category never fall."""
        if row["scheme"] != Scheme.DATA_CATEGORY.value:
            return None
        return Level(floor([row["key"]])).slug


@extend_schema_view(get=extend_schema(operation_id="taxonomy_list", parameters=PARAMETERS))
class TermList(generics.ListAPIView[Any]):
    """Keys of the taxonomy, newest first."""

    serializer_class = TermRow
    queryset = Term.objects.none()

    def get_queryset(self) -> Any:
        request = self.request._request
        scheme, retired = request.GET.get("scheme", ""), request.GET.get("retired", "")
        if scheme and scheme not in SCHEMES:
            raise BadInput(f"scheme: one of {', '.join(SCHEMES)}", pointer="/scheme")
        if retired not in ("", "yes", "no"):
            raise BadInput("retired: yes or no", pointer="/retired")
        rows = readable(Term.objects.all(), to=who(request), act=Act.TERM_READ, at=when(request))
        if scheme:
            rows = rows.filter(scheme=scheme)
        if retired:
            rows = rows.filter(retired_at__isnull=retired == "no")
        return rows.values(*FIELDS)
