"""``/api/v1/incidents/``: what is going on, since when, and how long it took."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance import access
from governance.api import idempotency
from governance.board import when, who
from governance.errors import BadInput, NotFound
from governance.models import Site
from governance.permissions import Act as GovernanceAct
from incidents.actions import declaring
from incidents.domain.durations import Duration, State
from incidents.domain.incidents import Kind, Phase, Reference, Severity
from incidents.domain.milestones import Milestone, MilestoneKind, Source, Status
from incidents.models import Incident
from incidents.permissions import Act
from incidents.queries import milestones

NAMESPACE = UUID("6f1d5f6e-5a5b-5d0e-9f0a-3b1f6a0c2d11")
FIELDS = (
    "id", "year", "number", "title", "severity", "kind", "phase", "site__slug", "summary",
    "declared_at", "closed_at", "commander__name",
)  # fmt: skip


class IncidentRow(serializers.Serializer[dict[str, Any]]):
    """One incident; ``phase`` follows from its milestones."""

    reference = serializers.SerializerMethodField()
    title = serializers.CharField()
    severity = serializers.ChoiceField(choices=[one.value for one in Severity])
    kind = serializers.ChoiceField(choices=[one.value for one in Kind])
    phase = serializers.ChoiceField(choices=[one.value for one in Phase])
    site = serializers.SlugField(source="site__slug")
    summary = serializers.CharField(allow_blank=True)
    declared_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    commander = serializers.CharField(source="commander__name", allow_null=True)

    def get_reference(self, row: dict[str, Any]) -> str:
        return str(Reference(row["year"], row["number"]))


class MilestoneRow(serializers.Serializer[dict[str, Any]]):
    """One answer: the half-open time from ``start`` to ``end`` when its status is known."""

    kind = serializers.ChoiceField(choices=[one.value for one in MilestoneKind])
    status = serializers.ChoiceField(choices=[one.value for one in Status])
    source = serializers.ChoiceField(choices=[one.value for one in Source])  # type: ignore[assignment]
    start = serializers.DateTimeField(allow_null=True)
    end = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)


class DurationRow(serializers.Serializer[dict[str, Any]]):
    """How long it took, between ``low_seconds`` and ``high_seconds``; null while not known."""

    metric = serializers.CharField()
    state = serializers.ChoiceField(choices=[one.value for one in State])
    low_seconds = serializers.FloatField(allow_null=True)
    high_seconds = serializers.FloatField(allow_null=True)
    is_estimated = serializers.BooleanField()


class IncidentDetail(IncidentRow):
    """One incident with its milestones and durations."""

    milestones = MilestoneRow(many=True)
    durations = DurationRow(many=True)


class Declaration(serializers.Serializer[dict[str, Any]]):
    """What declaring takes."""

    title = serializers.CharField(max_length=160)
    severity = serializers.ChoiceField(choices=[one.value for one in Severity])
    site = serializers.SlugField(max_length=64)
    kind = serializers.ChoiceField(choices=[one.value for one in Kind], default=Kind.LIVE.value)
    summary = serializers.CharField(max_length=4000, allow_blank=True, default="")


class Incidents(generics.ListAPIView[Any]):
    """Incidents that the caller may see, newest first; and declaring one."""

    serializer_class = IncidentRow
    queryset = Incident.objects.none()

    def get_queryset(self) -> Any:
        request = self.request._request
        rows = access.visible(
            Incident.objects.all(), to=who(request), act=Act.INCIDENT_READ, at=when(request)
        )
        for name, known in (("phase", Phase), ("kind", Kind), ("severity", Severity)):
            word = request.GET.get(name)
            if word and word not in [one.value for one in known]:
                raise BadInput(f"{name}: not one of {', '.join(known)}", pointer=f"/{name}")
            rows = rows.filter(**{name: word}) if word else rows
        if slug := request.GET.get("site", "").replace("\0", ""):
            site = Site.objects.filter(slug=slug).first()
            rows = rows.filter(site__in=Site.objects.below(site)) if site else rows.none()
        return rows.values(*FIELDS)

    @extend_schema(
        operation_id="incidents_list",
        parameters=[
            OpenApiParameter("phase", str, enum=[one.value for one in Phase]),
            OpenApiParameter("kind", str, enum=[one.value for one in Kind]),
            OpenApiParameter("severity", str, enum=[one.value for one in Severity]),
            OpenApiParameter("site", str, description="Slug of a site; those below it too."),
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List incidents."""
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="incidents_declare",
        request=Declaration,
        responses={201: IncidentDetail},
        parameters=[idempotency.parameter("declares")],
    )
    def post(self, request: Request) -> Response:
        """Declare an incident; repeating the request with its key answers the same."""
        by, at = who(request._request), when(request._request)
        token = idempotency.token(request, of=by.ref, within=NAMESPACE)
        asked = Declaration(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        sites = Site.objects.filter(slug=given["site"])
        site = access.visible(sites, to=by, act=GovernanceAct.SITE_READ, at=at).first()
        if site is None:
            raise BadInput("There is no such site, or none for you.", pointer="/site")
        incident = declaring.declare(
            title=given["title"],
            severity=Severity(given["severity"]),
            site=site,
            kind=Kind(given["kind"]),
            summary=given["summary"],
            token=token,
            by=by,
            at=at,
        )
        return Response(_detail(incident.pk, request), status=201)


class OneIncident(generics.GenericAPIView[Any]):
    """One incident."""

    serializer_class = IncidentDetail
    queryset = Incident.objects.none()

    @extend_schema(operation_id="incidents_retrieve")
    def get(self, request: Request, reference: str) -> Response:
        """Return the incident; one that the caller may not see answers as if there were none."""
        missing = NotFound("There is no such incident, or none for you.")
        try:
            wanted = Reference.parse(reference)
        except ValueError as error:
            raise missing from error
        rows = access.visible(
            Incident.objects.filter(year=wanted.year, number=wanted.number),
            to=who(request._request),
            act=Act.INCIDENT_READ,
            at=when(request._request),
        )
        key = rows.values_list("pk", flat=True).first()
        if key is None:
            raise missing
        return Response(_detail(key, request))


def _detail(key: int, request: Request) -> dict[str, Any]:
    rows = Incident.objects.filter(pk=key)
    held = milestones.of(rows[0])
    took = milestones.durations(held, at=when(request._request))
    row = {
        **rows.values(*FIELDS)[0],
        "milestones": [_milestone(one) for one in held.values()],
        "durations": [_duration(one) for one in took.values()],
    }
    return IncidentDetail(row).data


def _milestone(one: Milestone) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "status": one.status.value,
        "source": one.source.value,
        "start": one.interval.start if one.interval else None,
        "end": one.interval.end if one.interval else None,
        "reason": one.reason,
    }


def _duration(one: Duration) -> dict[str, Any]:
    return {
        "metric": one.metric.value,
        "state": one.state.value,
        "low_seconds": one.low.total_seconds() if one.counts else None,
        "high_seconds": one.high.total_seconds() if one.counts else None,
        "is_estimated": one.is_estimated,
    }
