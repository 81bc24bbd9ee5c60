"""What a stored document tells of its components, counted in one query."""

from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery

from partners.domain import grading
from partners.domain.grading import Grade
from partners.domain.sboms import SbomDocument
from partners.models import ComponentVersion, Sbom, SbomComponent

_COUNTS: dict[str, Q] = {
    "matchable": Q(unmatchable=""),
    "name": ~Q(name=""),
    "version": ~Q(version=""),
    "identifier": ~Q(purl=""),
    "supplier": ~Q(supplier=""),
    "hash": ~Q(hashes=[]),
    "license": ~Q(licenses=[]),
}


def grade(sbom: Sbom, document: SbomDocument) -> Grade:
    """Return the grade of ``document``, whose components are stored under ``sbom``."""
    # Looked up one by one: a join with what was just written may be planned as for no rows at all.
    own = ComponentVersion.objects.filter(pk=OuterRef("component_id")).values("unmatchable")
    rows = SbomComponent.objects.filter(sbom=sbom.pk).annotate(unmatchable=Subquery(own[:1]))
    counted: dict[str, Any] = rows.aggregate(
        all=Count("pk"), **{f"with_{name}": Count("pk", filter=q) for name, q in _COUNTS.items()}
    )
    counts = {name: counted[f"with_{name}"] for name in _COUNTS}
    return grading.of(
        {
            **counts,
            "relation": document.related_count,
            "author": int(any(document.authors)),
            "timestamp": int(bool(document.created)),
            "tool": int(any(document.tools)),
        },
        components=counted["all"],
    )
