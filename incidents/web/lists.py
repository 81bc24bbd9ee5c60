"""``/incidents/``: open ones first, cards on a phone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from governance import access
from governance.board import when, who
from governance.models import Site
from governance.permissions import Act as GovernanceAct
from incidents.domain.clocks import words
from incidents.domain.incidents import Kind, Reference
from incidents.models import Card, Incident
from incidents.permissions import Act
from incidents.queries.waiting import ENDED
from incidents.web.finding import number
from incidents.web.times import Moment, left, moment

PAGE = 50
STATES = {"open": "Open", "ended": "Closed and dismissed", "all": "All"}


@dataclass(frozen=True, slots=True)
class Line:
    """One incident of the list."""

    url: str
    reference: str
    severity: str
    title: str
    phase: str
    is_drill: bool
    site: str
    commander: str
    declared: Moment
    age: str
    steps: int
    due: str
    tone: str


@dataclass(frozen=True, slots=True)
class Chip:
    """A saved view."""

    label: str
    url: str
    count: int | None
    is_current: bool


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List what the actor may see: ``?state=open|ended|all``, and ``kind``, ``site``, ``about``."""
    by, at = who(request), when(request)
    seen = access.visible(Incident.objects.all(), to=by, act=Act.INCIDENT_READ, at=at)
    state = request.GET.get("state", "open")
    state = state if state in STATES else "open"
    rows = _filtered(seen, request)
    counts = rows.aggregate(
        open=Count("pk", filter=~Q(phase__in=ENDED)),
        worst=Count("pk", filter=~Q(phase__in=ENDED) & Q(severity="SEV1", kind=Kind.LIVE.value)),
        ended=Count("pk", filter=Q(phase__in=ENDED)),
    )
    lines, following = _page(rows, state, number(request.GET.get("before")), at)
    sites = access.visible(
        Site.objects.filter(kind="site"), to=by, act=GovernanceAct.SITE_READ, at=at
    )
    context = {
        "lines": lines,
        "lede": _lede(counts),
        "chips": _chips(request, state, counts),
        "sites": [("", "All sites"), *sites.values_list("slug", "name")],
        "chosen": {name: _word(request, name) for name in ("site", "kind", "about")},
        "state": state,
        "following": following and _address(request, state=state, before=following),
        "may_declare": access.allows_somewhere(
            by, Act.INCIDENT_DECLARE, Incident.resource_type(), at=at
        ),
        "now": at,
    }
    return render(request, "incidents/list.html", context)


def _word(request: HttpRequest, name: str) -> str:
    """Return a word of the address, as the database can compare it."""
    return request.GET.get(name, "").replace("\0", "")[:200]


def _filtered(rows: QuerySet[Incident], request: HttpRequest) -> QuerySet[Incident]:
    kind, slug, about = (_word(request, name) for name in ("kind", "site", "about"))
    if kind in list(Kind):
        rows = rows.filter(kind=kind)
    if slug:
        site = Site.objects.filter(slug=slug).first()
        rows = rows.filter(site__in=Site.objects.below(site)) if site else rows.none()
    if about:
        rows = rows.filter(links__target=about)
    return rows


def _page(
    rows: QuerySet[Incident], state: str, before: int | None, at: datetime
) -> tuple[list[Line], str]:
    """Return the lines of a page and the key of the next one; open ones come worst first."""
    if state == "open":
        rows = rows.exclude(phase__in=ENDED).order_by("severity", "-id")
    else:
        rows = rows.filter(phase__in=ENDED) if state == "ended" else rows
        rows = rows.filter(pk__lt=before) if before is not None else rows
        rows = rows.order_by("-id")
    waiting = Card.objects.waiting().filter(run__incident=OuterRef("pk"), run__state="running")
    counted = waiting.order_by().values("run__incident").annotate(n=Count("pk")).values("n")
    found = list(
        rows.annotate(
            steps=Coalesce(Subquery(counted), 0),
            due_at=Subquery(waiting.order_by("due_at").values("due_at")[:1]),
        ).values(
            "pk", "year", "number", "severity", "title", "phase", "kind", "site__name", "due_at",
            "site__time_zone", "commander__name", "declared_at", "closed_at", "steps",
        )[: PAGE + 1]
    )  # fmt: skip
    more = len(found) > PAGE and state != "open"
    return [_line(row, at) for row in found[:PAGE]], str(found[PAGE - 1]["pk"]) if more else ""


def _line(row: Mapping[str, Any], at: datetime) -> Line:
    reference = str(Reference(row["year"], row["number"]))
    is_open = row["phase"] not in ENDED
    due, tone = left(row["due_at"], at=at) if is_open and row["due_at"] else ("", "")
    age = words((row["closed_at"] or at) - row["declared_at"])
    return Line(
        url=reverse("incidents:room", args=[reference]),
        reference=reference,
        severity=row["severity"],
        title=row["title"],
        phase=row["phase"],
        is_drill=row["kind"] == Kind.DRILL,
        site=row["site__name"],
        commander=row["commander__name"] or "",
        declared=moment(row["declared_at"], zone=ZoneInfo(row["site__time_zone"]), at=at),
        age=age if is_open or row["closed_at"] else "",
        steps=row["steps"],
        due=due,
        tone=tone,
    )


def _lede(counts: dict[str, int]) -> str:
    many, worst = counts["open"], counts["worst"]
    if not many:
        return "No incident is open."
    said = f"{many} incident{' is' if many == 1 else 's are'} open"
    return f"{said}, {worst} of them SEV1." if worst else f"{said}, none of them a live SEV1."


def _chips(request: HttpRequest, state: str, counts: dict[str, int]) -> list[Chip]:
    numbers = {**counts, "all": counts["open"] + counts["ended"]}
    return [
        Chip(label, _address(request, state=name), numbers[name], name == state)
        for name, label in STATES.items()
    ]


def _address(request: HttpRequest, **query: str) -> str:
    kept = {name: word for name in ("site", "kind", "about") if (word := _word(request, name))}
    return f"{reverse('incidents:list')}?{urlencode({**kept, **query})}"
