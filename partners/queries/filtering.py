"""A list of findings: what is asked for in the address, and the next page by key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from partners.domain.components import BadPurl, parse_purl
from partners.models import Finding, FindingState, VulnerabilityName
from partners.queries import PERIOD, is_due_soon, is_overdue, is_waived, sites_below
from partners.queries.paging import SORTS

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
    sort: str = "due"

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
            sort=among("sort", SORTS, "due"),
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
            "sort": "" if self.sort == "due" else self.sort,
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
