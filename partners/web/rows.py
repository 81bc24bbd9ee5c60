"""Findings as the lists show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse

from partners.domain.answers import Status
from partners.domain.waiving import is_in_force
from partners.models import FindingState
from partners.web import words
from partners.web.words import Moment, Severity, State

BARS = ((0, 8, 3), (3.6, 5.5, 5.5), (7.2, 3, 8), (10.8, 0.5, 10.5))
STATES = {
    FindingState.OPEN: "Open",
    FindingState.MITIGATED: "Not affected",
    FindingState.FIXED: "Fixed",
    FindingState.WITHDRAWN: "Withdrawn",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the severity sign."""

    x: float
    y: float
    height: float
    is_off: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One finding of a list."""

    url: str
    name: str
    summary: str
    due: Moment | None
    left: State
    why: str
    caveat: str
    severity: Severity
    bars: tuple[Bar, ...]
    component: str
    partner: str
    product: str
    site: str
    state: str
    remedy: str


def row(values: Mapping[str, Any], *, at: datetime, page: str) -> Row:
    """Return what a list shows of a finding; ``page`` is the URL name of its own page."""
    zone = ZoneInfo(values["time_zone"])
    severity = words.severity(values["band"], values["score"], values["rating_source"])
    due_at = values["due_at"]
    return Row(
        url=reverse(page, args=[values["id"]]),
        name=values["vulnerability_name"],
        summary=_short(values["summary"]),
        due=words.moment(due_at, zone=zone, at=at) if due_at else None,
        left=words.left(values, at=at),
        why=words.why(values),
        caveat="Range has no upper end: check before work starts." * values["is_unbounded"],
        severity=severity,
        bars=bars(severity),
        component=words.component(values),
        partner=values["partner_name"],
        product=values["product_name"],
        site=values["site_name"],
        state=_state(values, at=at),
        remedy=words.remedy(values),
    )


def _state(values: Mapping[str, Any], *, at: datetime) -> str:
    """Return the state; of an open one also what the supplier says, or that it is waived."""
    state = STATES[FindingState(values["state"])]
    if values["state"] != FindingState.OPEN:
        return state
    if is_in_force(values["waived_from"], values["waived_until"], at):
        return "Waived"
    said = Status(values["claim"]).label.lower() if values["claim"] else ""
    return f"{state}; supplier: {said}" if said else state


def bars(severity: Severity) -> tuple[Bar, ...]:
    """Return the four rising bars."""
    return tuple(
        Bar(x, y, height, place >= severity.level) for place, (x, y, height) in enumerate(BARS)
    )


def _short(text: str, length: int = 110) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
