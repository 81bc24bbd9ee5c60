"""Who ships a component now: by name, and by how its version compares in its own ecosystem."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from governance.domain.actor import Actor
from partners.advisories.versions import compare
from partners.domain.asking import OPERATORS, Question
from partners.domain.components import BadPurl, parse_purl
from partners.models import ComponentVersion, SbomComponent
from partners.queries import products

LISTED = 500

_FIELDS = {
    "partner": F("sbom__product__partner__name"),
    "partner_slug": F("sbom__product__partner__slug"),
    "product": F("sbom__product__name"),
    "product_slug": F("sbom__product__slug"),
    "site": F("sbom__product__site__name"),
    "component_name": F("component__name"),
    "package": F("component__package"),
    "component_version": F("component__version"),
    "since": F("sbom__received_at"),
}


@dataclass(frozen=True, slots=True)
class Shipped:
    """Who ships what is asked for, and how many versions could not be compared."""

    rows: list[dict[str, Any]]
    versions: int
    unordered: int
    is_cut: bool


def shipped(question: Question, *, to: Actor, at: datetime) -> Shipped:
    """Return the products whose current SBOM lists it, among those that ``to`` may read.

    Versions compare in the order of their own ecosystem; without one only equal texts match.
    """
    found, unordered = [], 0
    known = _named(question.name).values_list("pk", "ecosystem", "type", "version")
    for key, ecosystem, kind, version in known:
        if not question.sign:
            found.append(key)
            continue
        place = compare(ecosystem or kind, version, question.version)
        if place is None:
            unordered += 1
        elif OPERATORS[question.sign](place, 0):
            found.append(key)
    visible = products(to=to, at=at)
    listed = (
        SbomComponent.objects.filter(component__in=found, sbom__is_current=True)
        .filter(sbom__product__in=visible)
        .order_by("sbom__product__partner__name", "sbom__product__name", "component__version")
        .values(**_FIELDS)
    )
    rows: list[dict[str, Any]] = [{**row} for row in listed[: LISTED + 1]] if found else []
    return Shipped(rows[:LISTED], len(found), unordered, len(rows) > LISTED)


def _named(name: str) -> QuerySet[ComponentVersion]:
    if name.startswith("pkg:"):
        try:
            purl = parse_purl(name)
        except BadPurl:
            return ComponentVersion.objects.none()
        return ComponentVersion.objects.filter(
            type=purl.type, namespace=purl.namespace, name=purl.name
        )
    by_package = Q(package=name, unmatchable="", ecosystem__gt="")
    return ComponentVersion.objects.filter(Q(name=name) | by_package)
