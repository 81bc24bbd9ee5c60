"""``/api/v1/audit/``: entries of the log, and receipts that prove them."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance import access
from governance.api.paging import Pages
from governance.board import when, who
from governance.errors import NotFound
from governance.models import AuditEvent
from governance.permissions import Act
from governance.queries import audit_paging, audit_search, receipts
from governance.queries.audit_search import Wanted

RETRY_SECONDS = 5
View = TypeVar("View", bound=Callable[..., Any])


class EntryRow(serializers.Serializer[dict[str, Any]]):
    """One entry. ``facts`` is what it says besides; null once its body was erased."""

    id = serializers.IntegerField()
    recorded_at = serializers.DateTimeField(help_text="By the database's clock.")
    occurred_at = serializers.DateTimeField()
    actor = serializers.CharField()
    act = serializers.CharField()
    cause = serializers.CharField(help_text="The act that a change of a row is part of.")
    object = serializers.CharField()
    outcome = serializers.ChoiceField(choices=audit_search.OUTCOMES)
    scope = serializers.CharField()
    tenant = serializers.CharField()
    request_id = serializers.CharField()
    facts = serializers.SerializerMethodField()

    def get_facts(self, row: dict[str, Any]) -> dict[str, Any] | None:
        return AuditEvent(body=row["body"]).facts if row["body"] is not None else None


class Waiting(serializers.Serializer[dict[str, Any]]):
    """No proof yet: ``is_sequenced`` says whether the entry has its place in the log."""

    event = serializers.IntegerField()
    leaf = serializers.CharField(help_text="SHA-256, hexadecimal.")
    is_sequenced = serializers.BooleanField()


class EntryPages(Pages):
    """Pages of entries; where filters cross, the page's keys are looked for with bounded work."""

    def narrowed(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: Any
    ) -> QuerySet[Any] | Sequence[Any]:
        wanted = Wanted.of(request._request.GET.dict())
        if not wanted.is_crossed or not isinstance(queryset, QuerySet):
            return queryset
        cursor = self.decode_cursor(request)
        key = int(cursor.position or 0) if cursor else 0
        is_back = bool(cursor and cursor.reverse)
        found = audit_paging.nearest(
            view.visible(),
            wanted,
            before=0 if is_back else key,
            after=key if is_back else 0,
            count=(cursor.offset if cursor else 0) + self.max_page_size + 1,
        )
        return queryset.filter(pk__in=[row["id"] for row in found])


@extend_schema_view(
    get=extend_schema(
        operation_id="audit_events_list",
        parameters=[
            OpenApiParameter("actor", str, description="Reference, or part of a person's name."),
            OpenApiParameter("act", str, description="Whole, or a beginning with `*`."),
            OpenApiParameter("object", str, description="Reference, `catalog.asset:42`."),
            OpenApiParameter("request", str, description="Id of a request (`X-Request-ID`)."),
            OpenApiParameter("case", str, description="Id of a case: request, grants, refusal."),
            OpenApiParameter("scope", str, description="`site:<slug>`, or `*` for everywhere."),
            OpenApiParameter("tenant", str, description="Reference of a partner, or `own`."),
            OpenApiParameter("outcome", str, enum=list(audit_search.OUTCOMES)),
            OpenApiParameter("since", OpenApiTypes.DATETIME, description="Recorded then or later."),
            OpenApiParameter("until", OpenApiTypes.DATETIME, description="Recorded before."),
            OpenApiParameter(
                "show",
                str,
                enum=[audit_search.ACTS, audit_search.ENTRIES],
                description="Default: acts, without the row changes that are part of one.",
            ),
        ],
    )
)
class Entries(generics.ListAPIView[Any]):
    """Entries of the audit log that the caller may read, newest first."""

    serializer_class = EntryRow
    queryset = AuditEvent.objects.none()
    pagination_class = EntryPages

    def visible(self) -> QuerySet[AuditEvent]:
        """Return the entries that the caller may read."""
        request = self.request._request
        by, at = who(request), when(request)
        if by.party:
            raise Http404
        return access.visible(AuditEvent.objects.all(), to=by, act=Act.AUDIT_READ, at=at)

    def get_queryset(self) -> Any:
        wanted = Wanted.of(self.request._request.GET.dict())
        return audit_search.matching(self.visible(), wanted).values(*audit_search.COLUMNS)


def _receipt(operation: str) -> Callable[[View], View]:
    documented: Callable[[View], View] = extend_schema(
        operation_id=operation,
        responses={
            (200, "text/plain"): OpenApiResponse(
                OpenApiTypes.STR, description="The proof: C2SP `tlog-proof`, cosigned checkpoint."
            ),
            202: OpenApiResponse(Waiting, description="Not witnessed yet: ask again."),
        },
        parameters=[
            OpenApiParameter(
                "Retry-After",
                int,
                OpenApiParameter.HEADER,
                response=[202],
                description="Seconds after which to ask again.",
            )
        ],
    )
    return documented


class ReceiptOfAny(APIView):
    """The proof that an entry stands in the log."""

    @_receipt("audit_receipts_retrieve")
    def get(self, request: Request, event_id: int) -> Response | HttpResponse:
        """Return the proof, or 202 until enough witnesses have signed a head over the entry."""
        if who(request._request).party:
            raise Http404
        return _answer(request, event_id)


class OwnReceipt(APIView):
    """The proof that an entry about the caller's own matters stands in the log."""

    @_receipt("portal_audit_receipts_retrieve")
    def get(self, request: Request, event_id: int) -> Response | HttpResponse:
        """Return the proof, or 202; another partner's entry is answered like none."""
        if not who(request._request).party:
            raise Http404
        return _answer(request, event_id)


def _answer(request: Request, event_id: int) -> Response | HttpResponse:
    by, at = who(request._request), when(request._request)
    rows = access.visible(AuditEvent.objects.all(), to=by, act=Act.RECEIPT_READ, at=at)
    event = rows.filter(pk=event_id).first() if event_id < 2**63 else None
    if event is None:
        raise NotFound("There is no such entry, or none for you.")
    found = receipts.proof(event)
    if found is None:
        place = receipts.place(event, {})
        waiting = {
            "event": event.pk,
            "leaf": place.leaf.hex(),
            "is_sequenced": place.seq is not None,
        }
        return Response(
            Waiting(waiting).data, status=202, headers={"Retry-After": str(RETRY_SECONDS)}
        )
    return HttpResponse(found, content_type="text/plain; charset=utf-8")
