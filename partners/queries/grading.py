"""What a stored document tells of its components, counted in one query."""

from typing import Any

from django.db.models import Count, Q

from partners.domain import grading
from partners.domain.grading import Grade
from partners.domain.sboms import SbomDocument
from partners.models import Sbom, SbomComponent

_COUNTS: dict[str, Q] = {
    "matchable": Q(component__unmatchable=""),
    "name": ~Q(name=""),
    "version": ~Q(version=""),
    "identifier": ~Q(purl=""),
    "supplier": ~Q(supplier=""),
    "hash": ~Q(hashes=[]),
    "license": ~Q(licenses=[]),
}


def grade(sbom: Sbom, document: SbomDocument) -> Grade:
    """Return the grade of ``document``, whose components are stored under ``sbom``."""
    counted: dict[str, Any] = SbomComponent.objects.filter(sbom=sbom.pk).aggregate(
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
