"""Roles in an incident: who does what, and that nobody does."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.board import when, who
from incidents.actions import staffing
from incidents.api.rooms import OfIncident, given, somebody
from incidents.domain.roles import IncidentRole
from incidents.models import RoleAssignment


class IncidentRoleRow(serializers.ModelSerializer[RoleAssignment]):
    """One role from ``since`` on; without a person it is explicitly empty, as ``summary`` says."""

    role = serializers.ChoiceField(choices=[one.value for one in IncidentRole])
    person = serializers.UUIDField(source="person_id", allow_null=True)

    class Meta:
        model = RoleAssignment
        fields = ("role", "person", "summary", "since", "set_by", "ended_at")


class IncidentRoleForm(serializers.Serializer[Any]):
    """Who has the role from now on; null with the reason for nobody."""

    role = serializers.ChoiceField(choices=[one.value for one in IncidentRole])
    person = serializers.UUIDField(allow_null=True)
    summary = serializers.CharField(max_length=2000, allow_blank=True, default="")


class Roles(OfIncident, generics.ListAPIView[Any]):
    """The roles of an incident, now and before."""

    serializer_class = IncidentRoleRow

    def get_queryset(self) -> Any:
        return RoleAssignment.objects.filter(incident=self.incident())

    @extend_schema(operation_id="incident_roles_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List them, the newest first."""
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="incident_roles_fill",
        request=IncidentRoleForm,
        responses={201: IncidentRoleRow},
    )
    def post(self, request: Request, reference: str) -> Response:
        """Fill a role or say that nobody has it; how it stands already answers 422."""
        incident, said = self.incident(), given(IncidentRoleForm, request)
        person = somebody(said["person"]) if said["person"] else None
        row = staffing.fill(
            incident, IncidentRole(said["role"]), person, summary=said["summary"],
            by=who(request._request), at=when(request._request),
        )  # fmt: skip
        return Response(IncidentRoleRow(row).data, status=201)
