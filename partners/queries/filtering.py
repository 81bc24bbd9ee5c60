"""A list of findings: what is asked for in the address, and the next page by key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from partners.domain.components import BadPurl, parse_purl
from partners.models import Finding, FindingState, VulnerabilityName
from partners.queries import PERIOD, is_due_soon, is_overdue, is_waived, sites_below

PAGE = 50
COUNTED = 1000

STATES = {
    "open": "Open",
    "waived": "Waived",
    "mitigated": "Not affected",
    "fixed": "Fixed",
    "withdrawn": "Withdrawn",
    "any": "Any state",
}
SEVERITIES = {
    "": "Any",
    "critical": "Critical",
    "high": "High",
    "medium": "Medium",
    "low": "Low",
    "unrated": "Unrated",
    "other": "All but critical",
}
DUES = {
    "": "Any time",
    "overdue": "Overdue",
    "week": "Within a week",
    "past90": "In the last 90 days",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for; unknown values count as not given."""

    text: str = ""
    partner: str = ""
    site: str = ""
    state: str = "open"
    severity: str = ""
    due: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Wanted":
        """Read the query of an address."""

        def among(name: str, known: Mapping[str, str], default: str) -> str:
            value = given.get(name, default)
            return value if value in known else default

        return cls(
            text=given.get("text", "").replace("\0", "").strip()[:300],
            partner=given.get("partner", "")[:64].replace("\0", ""),
            site=given.get("site", "")[:64].replace("\0", ""),
            state=among("state", STATES, "open"),
            severity=among("severity", SEVERITIES, ""),
            due=among("due", DUES, ""),
        )

    def query(self, **over: str) -> dict[str, str]:
        """Return the parts of an address that ask for this."""
        parts = {
            "text": self.text,
            "partner": self.partner,
            "site": self.site,
            "state": "" if self.state == "open" else self.state,
            "severity": self.severity,
            "due": self.due,
            **over,
        }
        return {name: value for name, value in parts.items() if value}


def narrowed(found: QuerySet[Finding], wanted: Wanted, *, at: datetime) -> QuerySet[Finding]:
    """Return those of ``found`` that are asked for."""
    condition = Q()
    if wanted.state == "waived":
        condition &= is_waived(at)
    elif wanted.state != "any":
        condition &= Q(state=wanted.state)
    if wanted.severity == "other":
        condition &= ~Q(band="critical")
    elif wanted.severity:
        condition &= Q(band=wanted.severity)
    if wanted.partner:
        condition &= Q(product__partner__slug=wanted.partner)
    if wanted.site:
        sites = sites_below(None).filter(slug=wanted.site).values_list("pk", flat=True)
        condition &= Q(product__site__in=sites_below(sites[0])) if sites else Q(pk__in=[])
    if wanted.due == "overdue":
        condition &= is_overdue(at)
    elif wanted.due == "week":
        condition &= is_due_soon(at)
    elif wanted.due == "past90":
        condition &= Q(due_at__gte=at - PERIOD, due_at__lt=at) & ~Q(state=FindingState.WITHDRAWN)
    if wanted.text:
        condition &= _speaks_of(wanted.text)
    return found.filter(condition)


def _speaks_of(text: str) -> Q:
    if text.startswith("pkg:"):
        try:
            purl = parse_purl(text)
        except BadPurl:
            return Q(pk__in=[])
        wanted = Q(
            component__type=purl.type,
            component__namespace=purl.namespace,
            component__name=purl.name,
        )
        return wanted & Q(component__version=purl.version) if purl.version else wanted
    named = VulnerabilityName.objects.filter(name__in=[text, text.upper()])
    return Q(vulnerability__in=named.values("vulnerability")) | Q(component__name__icontains=text)


@dataclass(frozen=True, slots=True)
class Page:
    """Up to fifty rows in the order of their dates; those without a clock come last."""

    rows: list[dict[str, Any]]
    next_key: str
    is_first: bool


def page(rows: QuerySet[Finding, dict[str, Any]], after: str) -> Page:
    """Return the page behind the key ``after``; a key that cannot be read is the first page."""
    key = _read_key(after)
    ordered = rows.order_by("due_at", "id")
    if key is not None:
        due_at, pk = key
        if due_at is None:
            ordered = ordered.filter(due_at=None, id__gt=pk)
        else:
            ordered = ordered.filter(
                Q(due_at__gt=due_at) | Q(due_at=due_at, id__gt=pk) | Q(due_at=None)
            )
    shown = list(ordered[: PAGE + 1])
    more = len(shown) > PAGE
    shown = shown[:PAGE]
    return Page(shown, _key(shown[-1]) if more else "", key is None)


def _key(row: Mapping[str, Any]) -> str:
    due_at = row["due_at"]
    return f"{due_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}~{row['id']}" if due_at else f"~{row['id']}"


def _read_key(text: str) -> tuple[datetime | None, UUID] | None:
    instant, tilde, key = text.partition("~")
    if not tilde:
        return None
    try:
        return (datetime.fromisoformat(instant) if instant else None), UUID(key)
    except ValueError:
        return None
