"""``/api/v1/access-requests/``: asking for access, and what became of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance import access
from governance.actions import requesting
from governance.api import idempotency
from governance.board import when, who
from governance.domain.actor import Actor
from governance.errors import BadInput, NotFound
from governance.models import AccessRequest, GovernedSystem, RequestState, User
from governance.permissions import Act
from governance.queries import denials, requestable

NAMESPACE = UUID("6f1d0d53-6f5e-5c0a-9b0b-0d8f3a7f1c2e")
FIELDS = (
    "id", "case", "system", "grantee", "principal", "entitlement", "scope", "resource", "act",
    "level", "caution", "purpose", "days", "state", "missing", "submitted_at", "due_at",
    "decided_at", "decided_by", "decision_reason", "resolved_at",
)  # fmt: skip


class AccessRequestRow(serializers.Serializer[dict[str, Any]]):
    """One request. ``state`` is approved while what was approved is not granted: see ``missing``.

    The clock runs from ``submitted_at`` to ``resolved_at``; it is due at ``due_at``.
    """

    id = serializers.IntegerField()
    case = serializers.UUIDField()
    system = serializers.IntegerField()
    grantee = serializers.UUIDField(allow_null=True)
    principal = serializers.CharField()
    entitlement = serializers.CharField()
    scope = serializers.CharField()
    resource = serializers.CharField(allow_blank=True)
    act = serializers.CharField(allow_blank=True)
    level = serializers.CharField(allow_blank=True)
    caution = serializers.CharField(
        allow_blank=True, help_text="What was not known of the login or the system."
    )
    purpose = serializers.CharField()
    days = serializers.IntegerField()
    state = serializers.CharField(help_text=", ".join(RequestState.values))
    missing = serializers.CharField(allow_blank=True)
    submitted_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_by = serializers.CharField(allow_blank=True)
    decision_reason = serializers.CharField(allow_blank=True)
    resolved_at = serializers.DateTimeField(allow_null=True)


class AccessWanted(serializers.Serializer[dict[str, Any]]):
    """What is asked for: a record of ours with an act, or an entitlement in a system."""

    resource = serializers.CharField(max_length=160, default="", help_text="As catalog.asset:42.")
    act = serializers.CharField(max_length=160, default="", help_text="As catalog:data:read.")
    system = serializers.SlugField(max_length=64, default="")
    entitlement = serializers.CharField(max_length=60, default="")
    scope = serializers.CharField(max_length=300, default="")
    principal = serializers.CharField(max_length=120, help_text="Login or role in the system.")
    grantee = serializers.EmailField(default="", help_text="Who gets it; the caller by default.")
    purpose = serializers.CharField(max_length=300)
    days = serializers.IntegerField(min_value=1, max_value=365)
    denial = serializers.CharField(
        max_length=1000, default="", help_text="`denial` of the form that a refusal names."
    )


class AccessRequests(generics.ListAPIView[Any]):
    """Requests that the caller may see, newest first; and asking for access."""

    serializer_class = AccessRequestRow
    queryset = AccessRequest.objects.none()

    def get_queryset(self) -> Any:
        request = self.request._request
        rows: QuerySet[AccessRequest] = access.visible(
            AccessRequest.objects.all(), to=who(request), act=Act.REQUEST_READ, at=when(request)
        )
        word = request.GET.get("state")
        if word and word not in RequestState.values:
            raise BadInput(f"state: not one of {', '.join(RequestState.values)}", pointer="/state")
        return (rows.filter(state=word) if word else rows).order_by("-pk").values(*FIELDS)

    @extend_schema(
        operation_id="access_requests_list",
        parameters=[OpenApiParameter("state", str, enum=list(RequestState.values))],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List access requests."""
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="access_requests_submit",
        request=AccessWanted,
        responses={201: AccessRequestRow},
        parameters=[idempotency.parameter("asks")],
    )
    def post(self, request: Request) -> Response:
        """Ask for access; repeating the request with its key answers with the same one."""
        by, at = who(request._request), when(request._request)
        user = request._request.user
        if not isinstance(user, User):
            raise BadInput("People ask for access; sign in.")
        token = idempotency.token(request, of=by.ref, within=NAMESPACE)
        wanted = AccessWanted(data=request.data)
        wanted.is_valid(raise_exception=True)
        given = wanted.validated_data
        denial = None
        if given["denial"]:
            said = denials.read(
                given["denial"], subject=by.ref, act=given["act"], ref=given["resource"]
            )
            denial = requesting.Origin(*said)
        row = requesting.submit(
            **_target(given, by=by, at=at),
            requester=user,
            grantee=_grantee(given["grantee"]),
            principal=given["principal"],
            purpose=given["purpose"],
            days=given["days"],
            denial=denial,
            token=token,
            by=by,
            at=at,
        )
        found = AccessRequest.objects.filter(pk=row.pk).values(*FIELDS)[0]
        return Response(AccessRequestRow(found).data, status=201)


def _target(given: dict[str, Any], *, by: Actor, at: datetime) -> dict[str, Any]:
    """Return system, entitlement and scope, from the record where one is named.

    Raises:
        BadInput: neither is named, or what is named cannot be asked for.
    """
    if bool(given["resource"]) != bool(given["act"]):
        raise BadInput("Name a record together with an act.", pointer="/act")
    if given["resource"]:
        asked = requestable.asked_for(given["resource"], given["act"], to=by, at=at)
        if not asked:
            raise BadInput("Access to this cannot be asked for.", pointer="/resource")
        return {
            "system": GovernedSystem.objects.get(pk=asked["system"]),
            "entitlement": asked["entitlement"],
            "scope": asked["scope"],
            "resource": given["resource"],
            "act": given["act"],
        }
    system = GovernedSystem.objects.filter(slug=given["system"]).first()
    if system is None:
        raise NotFound("There is no such system.")
    if not given["entitlement"] or not given["scope"]:
        raise BadInput("Name an entitlement and a scope in the system.", pointer="/scope")
    return {"system": system, "entitlement": given["entitlement"], "scope": given["scope"]}


def _grantee(address: str) -> User | None:
    if not address:
        return None
    found = User.objects.filter(email__iexact=address, kind="person", is_active=True).first()
    if found is None:
        raise BadInput("Nobody active goes by this address.", pointer="/grantee")
    return found
