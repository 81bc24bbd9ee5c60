"""``/findings/`` and one finding, for our people."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from governance import access
from governance.board import when, who
from governance.domain.actor import Actor
from governance.errors import Refused
from governance.models import Site
from governance.permissions import Act as GovernanceAct
from partners import queries
from partners.actions.sweeping import STALE_AFTER
from partners.domain.answers import Justification, Status
from partners.domain.waiving import is_in_force
from partners.models import FeedRun, Finding, FindingEvent
from partners.queries import Standing, filtering, paging
from partners.queries.filtering import Wanted
from partners.web import rows, sent, words
from partners.web.doors import staff


@dataclass(frozen=True, slots=True)
class Chip:
    """A saved view."""

    label: str
    url: str
    is_current: bool


@staff
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show findings, earliest due first."""
    by, at = who(request), when(request)
    wanted = Wanted.of(request.GET.dict())
    all_ = queries.findings(to=by, at=at)
    found = filtering.narrowed(all_, wanted, at=at)
    page = paging.page(found, request.GET.get("after", ""), wanted.sort)
    counted = found.order_by().values("pk")[: filtering.COUNTED + 1].count()
    standing = queries.standing(all_, at=at)
    address = reverse("partners:findings")
    context = {
        "as_of": words.as_of(at),
        "standing": standing,
        "rows": [rows.row(values, at=at, page="partners:finding") for values in page.rows],
        "wanted": wanted,
        "choices": _choices(by, at=at),
        "chips": _chips(wanted, standing, address),
        "stale": stale(at=at),
        "is_first": page.is_first,
        "first_url": f"{address}?{urlencode(wanted.query())}",
        "next_url": f"{address}?{urlencode(wanted.query(after=page.next_key))}"
        if page.next_key
        else "",
        "counted": _up_to(counted, filtering.COUNTED),
        "has_any": bool(counted) or Finding.objects.exists(),
    }
    return render(request, "partners/findings.html", context)


@staff
@require_safe
def page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one finding: what, why it is due when, what proves it, what happened."""
    by, at = who(request), when(request)
    context = detail(queries.findings(to=by, at=at), pk, to=by, at=at, page_name="partners:finding")
    return render(request, "partners/finding.html", context)


def again(
    request: HttpRequest, pk: UUID, template: str, page_name: str, error: Refused, **more: Any
) -> HttpResponse:
    """Show the page of a finding with the form as it was sent, and what it lacks."""
    by, at = who(request), when(request)
    found = queries.findings(to=by, at=at)
    context = detail(found, pk, to=by, at=at, page_name=page_name)
    lacks = {"error": f"{error.title}. {error}", "typed": request.POST}
    return render(request, template, {**context, **lacks, **more}, status=error.status)


def detail(found: Any, pk: UUID, *, to: Actor, at: datetime, page_name: str) -> dict[str, Any]:
    """Return what both pages of one finding show.

    Raises:
        Http404: there is none, or none for this actor.
    """
    values = queries.rows(found.filter(pk=pk)).first()
    if values is None:
        raise Http404
    zone = ZoneInfo(values["time_zone"])
    events = FindingEvent.objects.filter(finding=pk).order_by("-at", "-id")
    door = page_name.partition(":")[0]
    return {
        "statuses": list(Status),
        "justifications": list(Justification),
        "claim_label": Status(values["claim"]).label if values["claim"] else "",
        "answer_url": reverse(f"{door}:give_answer", args=[pk]),
        "waiver_url": reverse(f"{door}:ask_waiver", args=[pk]),
        "waived": words.moment(values["waived_until"], zone=zone, at=at)
        if is_in_force(values["waived_from"], values["waived_until"], at)
        else None,
        "as_of": words.as_of(at, zone),
        "row": rows.row(values, at=at, page=page_name),
        "finding": values,
        "score": f"{values['score']:.1f}" if values["score"] is not None else "",
        "anchor": words.moment(values["anchor_at"], zone=zone, at=at)
        if values["anchor_at"]
        else None,
        "due_utc": words.moment(values["due_at"], zone=ZoneInfo("UTC"), at=at)
        if values["due_at"]
        else None,
        "rule": words.RULES.get(values["due_rule"], values["due_rule"]),
        "sent": sent.about(pk, zone=zone, to=to, at=at),
        "opened": words.moment(values["opened_at"], zone=zone, at=at),
        "events": [
            (
                words.moment(event.at, zone=zone, at=at),
                f"{event.at:%b} {event.at.day}, {event.at:%H:%M} UTC",
                event.get_kind_display(),
                event.text,
            )
            for event in events
        ],
    }


def stale(*, at: datetime) -> str:
    """Say how old the advisories are where that matters; empty while they are fresh."""
    newest = FeedRun.objects.values_list("at", flat=True).first()
    if newest is None:
        return "No advisories were imported yet: nothing can be found."
    if at - newest <= STALE_AFTER:
        return ""
    days = (at - newest).days
    return (
        f"Advisories are {days} days old (limit {STALE_AFTER.days}). "
        "New vulnerabilities are not seen, and dates may come too late."
    )


def _up_to(counted: int, limit: int) -> str:
    return f"more than {limit:,}" if counted > limit else f"{counted:,}"


def _choices(by: Actor, *, at: datetime) -> dict[str, Any]:
    sites = access.visible(Site.objects.all(), to=by, act=GovernanceAct.SITE_READ, at=at)
    return {
        "partners": list(queries.partners(to=by, at=at).values_list("slug", "name")),
        "sites": list(sites.values_list("slug", "name")),
        "states": filtering.STATES.items(),
        "severities": filtering.SEVERITIES.items(),
        "dues": filtering.DUES.items(),
        "sorts": paging.SORTS.items(),
    }


def _chips(wanted: Wanted, standing: Standing, address: str) -> list[Chip]:
    views = (
        ("All by due date", Wanted()),
        (
            f"Critical overdue {standing.critical_overdue}",
            Wanted(severity="critical", due="overdue"),
        ),
        (f"Overdue {standing.overdue}", Wanted(due="overdue")),
        (f"Within a week {standing.soon}", Wanted(due="week")),
        (f"Unrated {standing.unrated}", Wanted(severity="unrated")),
        (f"Waived {standing.waived}", Wanted(state="waived")),
        ("Fixed", Wanted(state="fixed")),
    )
    return [
        Chip(label, f"{address}?{urlencode(view.query())}".rstrip("?"), view == wanted)
        for label, view in views
    ]
