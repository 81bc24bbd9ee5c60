"""``/incidents/actions/``: what was agreed after incidents, until somebody else verified it."""

from collections.abc import Callable
from datetime import date

from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from governance import access
from governance.board import when, who
from governance.errors import Conflict, NotFound, Refused
from incidents.actions import improving
from incidents.domain.learning import ActionKind, ActionState
from incidents.models import ActionItem, Incident, RunbookVersion
from incidents.permissions import Act
from incidents.queries import people
from incidents.web import action_lines, finding

PAGE = 100
VIEWS = {"open": "Open", "overdue": "Overdue", "done": "To be verified", "ended": "Ended"}


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List actions of incidents that the actor may see: ``?view=open|overdue|done|ended``."""
    at = when(request)
    seen = _seen(request)
    view = request.GET.get("view", "open")
    view = view if view in VIEWS else "open"
    sets = {
        "open": seen.filter(state__in=("open", "doing")),
        "overdue": seen.filter(state__in=("open", "doing"), due_on__lt=at.date()),
        "done": seen.filter(state=ActionState.DONE),
        "ended": seen.filter(state__in=("verified", "dropped")),
    }
    rows = sets[view].select_related("owner", "incident", "version__runbook")
    counts = {name: rows_.count() for name, rows_ in sets.items()}
    late = counts["overdue"]
    context = {
        "lines": action_lines.lines(rows.order_by("due_on", "pk")[:PAGE], at=at),
        "chips": [(name, label, counts[name], name == view) for name, label in VIEWS.items()],
        "view": view,
        "lede": f"{counts['open']} open, {late} of them overdue; {counts['done']} wait for somebody"
        " else to verify them.",
        "now": at,
    }
    return render(request, "incidents/actions.html", context)


@require_safe
def show(request: HttpRequest, key: int) -> HttpResponse:
    """Show one action."""
    return _page(request, _row(request, key))


@require_POST
def agree(request: HttpRequest, reference: str) -> HttpResponse:
    """Agree on an action after an incident."""
    incident = finding.incident(request, reference)
    owner = people.person(f"user:{request.POST.get('owner', '')}")
    kind = next((one for one in ActionKind if one.value == request.POST.get("kind")), None)
    try:
        due_on = date.fromisoformat(request.POST.get("due_on", ""))
    except ValueError:
        due_on = None
    if owner is None or kind is None or due_on is None:
        raise Refused("Choose its kind, who owns it, and its day as in 2026-11-30.")
    title = request.POST.get("title", "").replace("\0", "")
    improving.agree(
        incident, title=title, kind=kind, owner=owner, due_on=due_on, by=who(request),
        at=when(request),
    )  # fmt: skip
    address = reverse("incidents:debrief", args=[reference])
    return HttpResponseRedirect(f"{address}#actions", status=303)


@require_POST
def act(request: HttpRequest, key: int) -> HttpResponse:
    """Begin, finish, verify or drop an action."""
    row = _row(request, key)
    by, at = who(request), when(request)
    said = request.POST.get("said", "").replace("\0", "")[:4000]
    acts: dict[str, Callable[[], object]] = {
        "begin": lambda: improving.begin(row, by=by, at=at),
        "finish": lambda: improving.finish(
            row, outcome=said, version=_version(request), by=by, at=at
        ),
        "verify": lambda: improving.verify(row, proof=said, by=by, at=at),
        "drop": lambda: improving.drop(row, reason=said, by=by, at=at),
    }
    chosen = acts.get(request.POST.get("act", ""))
    try:
        if chosen is None:
            raise Refused("Choose what to do with this action.")
        chosen()
    except (Refused, Conflict) as error:
        row.refresh_from_db()
        return _page(request, row, error=error.detail, said=said, status=error.status)
    return HttpResponseRedirect(reverse("incidents:action", args=[key]), status=303)


def _seen(request: HttpRequest) -> "QuerySet[ActionItem]":
    mine = access.visible(
        Incident.objects.all(), to=who(request), act=Act.INCIDENT_READ, at=when(request)
    )
    return ActionItem.objects.filter(incident__in=mine.order_by().values("pk"))


def _row(request: HttpRequest, key: int) -> ActionItem:
    rows = _seen(request).select_related("owner", "incident__site", "version__runbook")
    row = rows.filter(pk=key).first()
    if row is None:
        raise NotFound("There is no such action, or none for you.")
    return row


def _version(request: HttpRequest) -> RunbookVersion | None:
    key = finding.number(request.POST.get("version"))
    if not key:
        return None
    row = RunbookVersion.objects.filter(pk=key).first()
    if row is None:
        raise Refused("There is no such version.")
    return row


def _page(
    request: HttpRequest, row: ActionItem, *, error: str = "", said: str = "", status: int = 200
) -> HttpResponse:
    by, at = who(request), when(request)
    state = ActionState(row.state)
    is_mine = by.ref == row.owner.as_actor().ref
    may_work = is_mine and access.allows(by, Act.ACTION_WORK, row, at=at)
    may_verify = not is_mine and by.ref != row.done_by and state is ActionState.DONE
    later = RunbookVersion.objects.filter(written_at__gte=row.created_at)
    context = {
        "row": row,
        "line": action_lines.line(row, at=at),
        "names": people.names(
            {ref for ref in (row.created_by, row.done_by, row.verified_by) if ref}
        ),
        "is_waiting": state.is_waiting,
        "may_begin": may_work and state in (ActionState.OPEN, ActionState.DONE),
        "may_finish": may_work and state.is_waiting,
        "may_verify": may_verify and access.allows(by, Act.ACTION_VERIFY, row, at=at),
        "may_drop": state not in (ActionState.VERIFIED, ActionState.DROPPED)
        and access.allows(by, Act.ACTION_DROP, row, at=at),
        "versions": [
            (one.pk, str(one), one.change)
            for one in later.select_related("runbook")
            .defer("document")
            .order_by(F("written_at").desc())[:50]
        ]
        if may_work and row.kind == ActionKind.RUNBOOK
        else [],
        "is_runbook": row.kind == ActionKind.RUNBOOK,
        "error": error,
        "said": said,
        "now": at,
    }
    return render(request, "incidents/action.html", context, status=status)
