"""``/incidents/runbooks/``: what is worked by, its versions, who approved and who reviews them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from governance import access
from governance.board import when, who
from governance.domain.actor import Actor
from governance.errors import Conflict, NotFound, Refused
from governance.models import User
from incidents.actions import keeping
from incidents.cacao.judging import judge
from incidents.domain.runbooks import VersionState, due_at
from incidents.models import Runbook, RunbookVersion, Signee
from incidents.permissions import Act
from incidents.queries import people, signees
from incidents.web import finding, runbook_map, runbook_table

_TONES = {"approved": "ok", "draft": "warn", "retired": "none"}
_ICONS = {"approved": "ok", "draft": "wait", "retired": "pause"}
_LISTED = 200  # people to choose an owner from


@dataclass(frozen=True, slots=True)
class Line:
    """One version in the list of its runbook."""

    number: int
    state: str
    tone: str
    icon: str
    is_shown: bool
    written: str
    written_at: datetime
    approved: str
    approved_at: datetime | None
    change: str


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List all runbooks with what is in force, what waits, and when each is reviewed."""
    return listed(request)


def listed(request: HttpRequest, *, error: str = "", status: int = 200) -> HttpResponse:
    """Return the list, with what was refused of it."""
    _reader(request)
    at = when(request)
    rows = Runbook.objects.annotate(
        drafts=Count("versions", filter=Q(versions__state=VersionState.DRAFT))
    ).select_related("owner")
    approved = dict(
        RunbookVersion.objects.filter(state=VersionState.APPROVED).values_list(
            "runbook_id", "number"
        )
    )
    lines = [
        {
            "row": row,
            "approved": approved.get(row.pk),
            "due_at": due_at(row.reviewed_at),
            "is_late": due_at(row.reviewed_at) < at,
        }
        for row in rows
    ]
    context = {
        "lines": lines,
        "now": at,
        "error": error,
        "signees": Signee.objects.filter(ended_at=None),
        "may_trust": access.allows(who(request), Act.SIGNEE_TRUST, Signee(), at=at),
    }
    return render(request, "incidents/runbooks.html", context, status=status)


@require_safe
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the approved version, or the newest; ``?number=2`` shows that one."""
    return _page(request, book(request, slug))


@require_safe
def export(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Give a version out, byte for byte as it came in."""
    held = version(book(request, slug), number)
    answer = HttpResponse(bytes(held.document), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{slug}-{number}.cacao.json"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_POST
def act(request: HttpRequest, slug: str) -> HttpResponse:
    """Approve or retire a version, review the runbook, or name its owner."""
    held, by, at = book(request, slug), who(request), when(request)
    number = finding.number(request.POST.get("number"))
    said = request.POST.get("reason", "")[:2000].replace("\0", "")

    def owned() -> object:
        return keeping.own(held, _person(request.POST.get("person", "")), by=by, at=at)

    acts: dict[str, Callable[[], object]] = {
        "approve": lambda: keeping.approve(version(held, number), by=by, at=at),
        "retire": lambda: keeping.retire(version(held, number), reason=said, by=by, at=at),
        "review": lambda: keeping.review(held, note=said, by=by, at=at),
        "own": owned,
    }
    chosen = acts.get(request.POST.get("act", ""))
    try:
        if chosen is None:
            raise Refused("Choose what to do with this runbook.")
        chosen()
    except (Refused, Conflict) as error:
        return _page(request, held, error=error.detail, number=number, status=error.status)
    query = f"?number={number}" if number else ""
    return HttpResponseRedirect(reverse("incidents:runbook", args=[slug]) + query, status=303)


def _page(
    request: HttpRequest,
    held: Runbook,
    *,
    error: str = "",
    number: int | None = None,
    status: int = 200,
) -> HttpResponse:
    by, at = who(request), when(request)
    versions = list(held.versions.defer("document").order_by("-number"))
    wanted = number or finding.number(request.GET.get("number"))
    shown = version(held, wanted or in_force(held))
    verdict = judge(bytes(shown.document))
    content = verdict.content or {}
    names = people.names(
        {ref for one in versions for ref in (one.written_by, one.approved_by) if ref}
        | {held.reviewed_by}
    )
    context = {
        "book": held,
        "shown": shown,
        "error": error,
        "now": at,
        "due_at": due_at(held.reviewed_at),
        "is_late": due_at(held.reviewed_at) < at,
        "reviewed_by": names[held.reviewed_by],
        "description": content.get("description", ""),
        "picture": runbook_map.lay_out(content),
        "steps": runbook_table.table(content),
        "notes": [one for one in verdict.findings if not one.is_fault],
        "signatures": signees.verified(content, at=at),
        "lines": [_line(one, names, is_shown=one.pk == shown.pk) for one in versions],
        "may": _may(by, held, shown, at),
    }
    if context["may"]["own"]:
        rows = User.objects.filter(kind="person", is_active=True, party="").order_by("name")
        context["people"] = rows.values_list("pk", "name")[:_LISTED]
    return render(request, "incidents/runbook.html", context, status=status)


def _may(by: Actor, held: Runbook, shown: RunbookVersion, at: datetime) -> dict[str, bool]:
    """Return which forms to show; whoever brought a version in sees no button to approve it."""
    is_draft = shown.state == VersionState.DRAFT
    is_owner = held.owner is None or held.owner.as_actor().ref == by.ref
    return {
        "approve": is_draft
        and shown.written_by != by.ref
        and access.allows(by, Act.RUNBOOK_APPROVE, shown, at=at),
        "retire": shown.state != VersionState.RETIRED
        and access.allows(by, Act.RUNBOOK_RETIRE, shown, at=at),
        "review": is_owner and access.allows(by, Act.RUNBOOK_REVIEW, held, at=at),
        "own": access.allows(by, Act.RUNBOOK_OWN, held, at=at),
        "own_draft": is_draft and shown.written_by == by.ref,
    }


def _line(one: RunbookVersion, names: dict[str, str], *, is_shown: bool) -> Line:
    return Line(
        number=one.number,
        state=one.get_state_display(),
        tone=_TONES[one.state],
        icon=_ICONS[one.state],
        is_shown=is_shown,
        written=names[one.written_by],
        written_at=one.written_at,
        approved=names[one.approved_by] if one.approved_by else "",
        approved_at=one.approved_at,
        change=one.change,
    )


def _reader(request: HttpRequest) -> None:
    """Runbooks are the enterprise's: whoever reads them at some site reads all of them."""
    kind = Runbook.resource_type()
    if not access.allows_somewhere(who(request), Act.RUNBOOK_READ, kind, at=when(request)):
        raise NotFound("There is no such page, or none for you.")


def book(request: HttpRequest, slug: str) -> Runbook:
    """Return the runbook called ``slug``.

    Raises:
        NotFound: there is none, or none for this actor.
    """
    _reader(request)
    found = Runbook.objects.select_related("owner").filter(slug=slug).first()
    if found is None:
        raise NotFound("There is no such runbook.")
    return found


def in_force(held: Runbook) -> int | None:
    """Return the number of the approved version, else of the newest."""
    rows = held.versions.order_by("-number")
    approved = rows.filter(state=VersionState.APPROVED).values_list("number", flat=True).first()
    return approved or rows.values_list("number", flat=True).first()


def version(held: Runbook, number: int | None) -> RunbookVersion:
    """Return a version by its number.

    Raises:
        NotFound: there is none.
    """
    found = held.versions.filter(number=number).first() if number else None
    if found is None:
        raise NotFound("This runbook has no such version.")
    return found


def _person(text: str) -> User | None:
    if not text:
        return None
    try:
        found = User.objects.filter(pk=UUID(text), kind="person", is_active=True).first()
    except ValueError:
        found = None
    if found is None:
        raise Refused("Choose somebody of the list.")
    return found
