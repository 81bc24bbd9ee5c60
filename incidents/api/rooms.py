"""What views below ``/api/v1/incidents/{reference}/`` share: finding the incident."""

from typing import Any

from rest_framework import generics, serializers
from rest_framework.request import Request

from governance import access
from governance.board import when, who
from governance.errors import NotFound
from governance.models import User
from incidents.domain.incidents import Reference
from incidents.models import Incident
from incidents.permissions import Act
from incidents.queries import people


class OfIncident(generics.GenericAPIView[Any]):
    """A view about one incident; one that the caller may not see answers like none."""

    queryset = Incident.objects.none()

    def incident(self) -> Incident:
        """Return it.

        Raises:
            NotFound: there is none, or none for the caller.
        """
        missing = NotFound("There is no such incident, or none for you.")
        try:
            wanted = Reference.parse(self.kwargs["reference"])
        except ValueError as error:
            raise missing from error
        request = self.request._request
        rows = access.visible(
            Incident.objects.select_related("site", "commander"),
            to=who(request),
            act=Act.INCIDENT_READ,
            at=when(request),
        )
        found = rows.filter(year=wanted.year, number=wanted.number).first()
        if found is None:
            raise missing
        return found


def given(form: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return the body of ``request`` as ``form`` reads it."""
    asked = form(data=request.data)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def somebody(key: object) -> User:
    """Return the active person with this key.

    Raises:
        NotFound: there is none.
    """
    found = people.person(f"user:{key}")
    if found is None:
        raise NotFound("There is no such person.")
    return found
