"""The loop in figures: what stands at each station, counted in the database."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from catalog.models import Asset, LabelAssertion
from governance import registries
from governance.models import (
    AccessRequest,
    AuditEvent,
    DecisionLog,
    DriftFinding,
    DriftState,
    GovernedSystem,
    Grant,
)
from incidents.domain.durations import Duration, Metric
from incidents.models import Incident
from incidents.queries import milestones
from partners.domain.patching import standing
from partners.models import ComponentVersion, Finding, FindingState, Partner, Sbom


def report(*, at: datetime) -> dict[str, Any]:
    """Return counts of each station, and each measure with its reading, as of ``at``."""
    return {
        "as_of": at.isoformat(),
        "catalog": _catalog(),
        "governance": _governance(at),
        "partners": _partners(at),
        "incidents": _incidents(at),
        "measures": [_measure(slug, at) for slug in registries.measures.names()],
    }


def _catalog() -> dict[str, int]:
    live = Asset.objects.live()
    counts = LabelAssertion.objects.aggregate(
        proposals=Count("pk", filter=Q(status="proposed")),
        accepted=Count("pk", filter=Q(status="accepted")),
    )
    return {
        "systems": GovernedSystem.objects.count(),
        "assets": live.count(),
        "data_assets": live.data().count(),
        "columns": live.filter(kind="column").count(),
        "personal": live.filter(kind="column", is_personal=True).count(),
        **counts,
    }


def _governance(at: datetime) -> dict[str, Any]:
    drift = DriftFinding.objects.filter(state=DriftState.OPEN).order_by("kind").values_list("kind")
    return {
        "decisions": DecisionLog.objects.count(),
        "denied": DecisionLog.objects.filter(allow=False).count(),
        "audit_events": AuditEvent.objects.count(),
        "grants_in_force": Grant.objects.in_force(at).count(),
        "requests": AccessRequest.objects.count(),
        "drift": dict(drift.annotate(n=Count("pk"))),
    }


def _partners(at: datetime) -> dict[str, Any]:
    stands = Counter(
        str(standing(anchor_at=anchor, due_at=due, closed_at=ended, at=at))
        for anchor, due, ended in Finding.objects.exclude(state=FindingState.WITHDRAWN).values_list(
            "anchor_at", "due_at", "ended_at"
        )
        if anchor is not None and due is not None
    )
    return {
        "partners": Partner.objects.count(),
        "sboms": Sbom.objects.count(),
        "components": ComponentVersion.objects.count(),
        "findings": dict(sorted(stands.items())),
    }


def _incidents(at: datetime) -> list[dict[str, Any]]:
    found = Incident.objects.order_by("declared_at")
    known = milestones.known(found, at=at)
    return [
        {
            "reference": incident.reference,
            "severity": incident.severity,
            "phase": incident.phase,
            **{
                name: _duration(milestones.durations(known.get(incident.pk, {}), at=at)[metric])
                for name, metric in (("ttd", Metric.TTD), ("ttc", Metric.TTC), ("ttr", Metric.TTR))
            },
        }
        for incident in found
    ]


def _duration(duration: Duration) -> dict[str, Any]:
    """Return both ends in seconds; a running clock says so, an unknown one has no seconds."""
    if not duration.counts:
        return {"state": duration.state}
    return {
        "state": duration.state,
        "low_seconds": duration.low.total_seconds(),
        "high_seconds": duration.high.total_seconds(),
    }


def _measure(slug: str, at: datetime) -> dict[str, Any]:
    measure = registries.measures.get(slug)
    if measure is None:
        raise LookupError(slug)
    reading = measure.value(None, at)
    return {
        "slug": slug,
        "title": measure.title,
        "unit": measure.unit,
        "value": reading.value,
        "target": measure.target,
        "numerator": reading.numerator,
        "denominator": reading.denominator,
        "note": reading.note,
        "as_of": reading.as_of.isoformat(),
    }
