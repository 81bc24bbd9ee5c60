"""``/incidents/signals/``: alerts that wait, those whose asset nobody knows, and what became."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from governance import access
from governance.board import when, who
from governance.errors import BadInput, Conflict, NotAllowed, NotFound, Refused
from incidents.actions import alerting, promoting
from incidents.domain.clocks import words
from incidents.domain.signals import Weight
from incidents.models import Alert, AlertState, Signal
from incidents.permissions import Act
from incidents.queries import people, things
from incidents.web.finding import number

PAGE, SHOWN_SIGNALS = 50, 20
QUEUES = {
    "waiting": "Waiting",
    "unknown": "Unknown asset",
    "running": "In an incident",
    "resolved": "Resolved",
}
_WAITING = Q(state=AlertState.OPEN, incident=None)
_FILTERS = {
    "waiting": _WAITING,
    "unknown": _WAITING & Q(asset=""),
    "running": Q(state=AlertState.OPEN, incident__isnull=False),
    "resolved": Q(state=AlertState.RESOLVED),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One alert of the list; ``age`` says since when we hold it."""

    alert: Alert
    weight: str
    age: str
    asset: str
    is_known: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """A queue, with how many wait in it."""

    label: str
    url: str
    count: int
    is_current: bool


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the alerts of a queue, worst first: ``?queue=waiting|unknown|running|resolved``."""
    seen, at = _seen(request), when(request)
    queue = request.GET.get("queue", "waiting")
    queue = queue if queue in QUEUES else "waiting"
    counts = seen.aggregate(**{name: Count("pk", filter=held) for name, held in _FILTERS.items()})
    rows = seen.filter(_FILTERS[queue]).select_related("site", "incident")
    found, following = _page(rows, queue, request)
    known = things.facts([row.asset for row in found if row.asset], to=who(request), at=at)
    context = {
        "lines": [_line(row, known, at) for row in found],
        "lede": _lede(counts),
        "chips": [
            Chip(label, _address(queue=name), counts[name], name == queue)
            for name, label in QUEUES.items()
        ],
        "queue": queue,
        "following": following,
        "may": _may(request),
        "now": at,
    }
    return render(request, "incidents/alerts.html", context)


@require_safe
def show(request: HttpRequest, key: int) -> HttpResponse:
    """Show one alert with its newest signals, as they came."""
    return _shown(request, _alert(request, key))


@require_POST
def act(request: HttpRequest, key: int) -> HttpResponse:
    """Make an incident of the alert, resolve it with a reason, or say which asset is meant."""
    alert, by, at = _alert(request, key), who(request), when(request)
    said = request.POST.get("said", "").replace("\0", "")[:1600]
    acts: dict[str, Callable[[], object]] = {
        "promote": lambda: promoting.promote(alert, by=by, at=at),
        "resolve": lambda: alerting.resolve(alert, reason=said, by=by, at=at),
        "place": lambda: alerting.place(alert, said, by=by, at=at),
    }
    chosen = acts.get(request.POST.get("act", ""))
    try:
        if chosen is None:
            raise Refused("Choose what to do with this alert.")
        done = chosen()
    except (Refused, Conflict, BadInput) as error:
        return _shown(request, alert, error=error.detail, status=error.status)
    reference = getattr(done, "reference", None)
    address = (
        reverse("incidents:room", args=[reference])
        if reference
        else reverse("incidents:alert", args=[key])
    )
    return HttpResponseRedirect(address, status=303)


def _seen(request: HttpRequest) -> QuerySet[Alert]:
    by, at = who(request), when(request)
    if not access.allows_somewhere(by, Act.ALERT_READ, Alert.resource_type(), at=at):
        access.require(by, Act.ALERT_READ, Alert(), at=at)
    return access.visible(Alert.objects.all(), to=by, act=Act.ALERT_READ, at=at)


def _alert(request: HttpRequest, key: int) -> Alert:
    """Return the alert ``key``.

    Raises:
        NotFound: there is none, or none for this actor.
    """
    try:
        rows = _seen(request).select_related("site", "incident", "follows__incident")
    except NotAllowed as error:
        raise NotFound("There is no such alert, or none for you.") from error
    found = rows.filter(pk=key).first() if key < 2**63 else None
    if found is None:
        raise NotFound("There is no such alert, or none for you.")
    return found


def _page(rows: QuerySet[Alert], queue: str, request: HttpRequest) -> tuple[list[Alert], str]:
    """Return a page, worst first then newest, and the address of the next; keyset, no counting."""
    weight, key = number(request.GET.get("weight")), number(request.GET.get("before"))
    if weight is not None and key is not None and weight < 100:
        rows = rows.filter(Q(weight__lt=weight) | Q(weight=weight, pk__lt=key))
    found = list(rows.order_by("-weight", "-id")[: PAGE + 1])
    if len(found) <= PAGE:
        return found, ""
    last = found[PAGE - 1]
    return found[:PAGE], _address(queue=queue, weight=str(last.weight), before=str(last.pk))


def _line(row: Alert, known: dict[str, things.Thing], at: datetime) -> Line:
    thing = known.get(row.asset)
    return Line(
        alert=row,
        weight=Weight(row.weight).slug,
        age=words(at - row.raised_at) if row.raised_at <= at else words(at - at),
        asset=thing.name if thing else row.asset_name,
        is_known=bool(row.asset),
    )


def _shown(
    request: HttpRequest, alert: Alert, *, error: str = "", status: int = 200
) -> HttpResponse:
    by, at = who(request), when(request)
    signals = list(Signal.objects.filter(alert=alert).order_by("-id")[:SHOWN_SIGNALS])
    known = things.facts([alert.asset], to=by, at=at) if alert.asset else {}
    context = {
        "alert": alert,
        "line": _line(alert, known, at),
        "thing": known.get(alert.asset),
        "signals": signals,
        "entities": sorted({pair for one in signals for pair in one.entities.items()}),
        "resolved_by": people.name(alert.resolved_by) if alert.resolved_by else "",
        "error": error,
        "is_waiting": alert.state == AlertState.OPEN and alert.incident is None,
        "may": {
            name: access.allows(by, one, alert, at=at)
            for name, one in (
                ("promote", Act.ALERT_PROMOTE),
                ("resolve", Act.ALERT_RESOLVE),
                ("place", Act.ALERT_PLACE),
            )
        },
        "now": at,
    }
    return render(request, "incidents/alert.html", context, status=status)


def _may(request: HttpRequest) -> dict[str, bool]:
    by, at, kind = who(request), when(request), Alert.resource_type()
    return {"promote": access.allows_somewhere(by, Act.ALERT_PROMOTE, kind, at=at)}


def _lede(counts: dict[str, int]) -> str:
    many, unknown = counts["waiting"], counts["unknown"]
    if not many:
        return "No alert waits for a decision."
    said = f"{many} alert{' waits' if many == 1 else 's wait'} for a decision"
    return f"{said}; of {unknown} nobody knows which asset is meant." if unknown else f"{said}."


def _address(**query: str) -> str:
    return f"{reverse('incidents:alerts')}?{urlencode(query)}"
