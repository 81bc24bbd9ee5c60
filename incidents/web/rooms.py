"""``/incidents/<reference>/``: one page, a few forms; every act works without a script."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from governance.board import when, who
from governance.errors import BadInput, Conflict, NotFound, Refused
from governance.models import User
from incidents.actions import closing, leading, linking, running, saying, ticking
from incidents.domain.incidents import Severity
from incidents.domain.tlp import Tlp
from incidents.models import Incident, LinkRole
from incidents.queries import runbooks, things
from incidents.web import finding, log
from incidents.web.forms import MILESTONES, CardForm, LinkForm, MilestoneForm
from incidents.web.room import Room, Typed, compose

TLPS = [(one.value, f"TLP:{one.value.upper()}") for one in Tlp]


def _is_partial(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _context(room: Room) -> dict[str, Any]:
    return {
        "room": room,
        "incident": room.incident,
        "may": room.may,
        "typed": room.typed,
        "commands": MILESTONES,
        "beside": room.beside,
        "severities": [one.value for one in Severity],
        "tlps": TLPS,
    }


def _page(
    request: HttpRequest,
    incident: Incident,
    typed: Typed | None = None,
    *,
    status: int = 200,
    wanted: int | None = None,
) -> HttpResponse:
    room = compose(
        incident,
        by=who(request),
        at=when(request),
        typed=typed,
        wanted=wanted or finding.number(request.GET.get("step")),
        earlier=finding.number(request.GET.get("earlier")),
    )
    return render(request, "incidents/room.html", _context(room), status=status)


def _part(request: HttpRequest, template: str, room: Room) -> HttpResponse:
    """Return one changed part, and with it whatever else changed."""
    context = {**_context(room), "oob": True, "part": template}
    return render(request, "incidents/_said.html", context)


@require_safe
def show(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the room: ``?step=key`` puts a step on top, ``?earlier=key`` turns the timeline."""
    return _page(request, finding.incident(request, reference))


@require_safe
def live(request: HttpRequest, reference: str) -> HttpResponse:
    """Return what changed since the entry ``?after=key``; 204 when nothing did."""
    incident = finding.incident(request, reference)
    after, step = finding.number(request.GET.get("after")), finding.number(request.GET.get("step"))
    if after == log.last_of(incident):
        return HttpResponse(status=204)
    room = compose(incident, by=who(request), at=when(request), wanted=step)
    context = {**_context(room), "oob": True, "is_moved": step != (room.step and room.step.key)}
    return render(request, "incidents/_live.html", context)


@require_POST
def say(request: HttpRequest, reference: str) -> HttpResponse:
    """Take a note or a quick command; what is refused stays in the field with its reason."""
    incident = finding.incident(request, reference)
    text, token = request.POST.get("entry", ""), _token(request.POST.get("token", ""))
    if "command" in request.POST:
        text = MilestoneForm(request.POST).line()
    try:
        label = next((one for one in Tlp if one.value == request.POST.get("tlp")), Tlp.AMBER)
        said = saying.say(incident, text, by=who(request), at=when(request), token=token, tlp=label)
    except (Refused, Conflict) as error:
        typed = Typed(entry=text, token=token, error=error.detail)
        return _answer(request, incident, "incidents/_say.html", typed, status=error.status)
    return _answer(request, incident, "incidents/_say.html", Typed(warnings=said.warnings))


@require_POST
def card(request: HttpRequest, reference: str, key: int) -> HttpResponse:
    """Finish a step, answer its question, say that it cannot be done, or hand it over."""
    incident = finding.incident(request, reference)
    step, by, at = finding.card(incident, key), who(request), when(request)
    form = CardForm(request.POST)
    given = form.cleaned_data if form.is_valid() else {}
    note = str(given.get("note", ""))
    typed = Typed(moved=True)
    status = 303
    try:
        match given.get("act"):
            case "done":
                values = CardForm.values(request.POST)
                ticking.finish(step, by=by, at=at, note=note, values=values)
            case "decide":
                choice = str(given.get("choice", ""))
                ticking.decide(step, choice, by=by, at=at, note=note)
            case "cannot":
                ticking.give_up(step, by=by, at=at, note=note)
            case "hand":
                ticking.hand_over(step, to=str(given.get("to", "")), by=by, at=at, note=note)
            case _:
                raise Refused("Choose what to do with this step; a note has 2,000 characters.")
    except (Refused, Conflict) as error:
        # Somebody else was faster: the page goes on with what is open now, and says so.
        kept = "" if isinstance(error, Conflict) else request.POST.get("note", "")
        typed, status = Typed(note=kept, step_error=error.detail, moved=True), error.status
    wanted = key if typed.note or status == 422 else None
    return _answer(request, incident, "incidents/_step.html", typed, status=status, wanted=wanted)


@require_POST
def start(request: HttpRequest, reference: str, runbook: str) -> HttpResponse:
    """Start a runbook."""
    incident = finding.incident(request, reference)
    if runbooks.standing(runbook) is None:
        raise NotFound("There is no such runbook.")
    return act_in(
        request,
        incident,
        lambda: running.start(incident, runbook, by=who(request), at=when(request)),
    )


@require_POST
def assign(request: HttpRequest, reference: str) -> HttpResponse:
    """Choose the commander, on the version of the incident that was shown."""
    incident = finding.incident(request, reference)

    def choose() -> object:
        person = _person(request.POST.get("person", ""))
        version = finding.number(request.POST.get("version")) or 0
        return leading.assign(incident, person, version=version, by=who(request), at=when(request))

    return act_in(request, incident, choose)


@require_POST
def link(request: HttpRequest, reference: str) -> HttpResponse:
    """Add an asset or partner by its name or reference."""
    incident = finding.incident(request, reference)

    by, at = who(request), when(request)

    def add() -> object:
        form = LinkForm(request.POST)
        if not form.is_valid():
            raise Refused("Write its name, or its reference as in catalog.asset:42.")
        given = form.cleaned_data
        found = things.find(given["target"], to=by, at=at)
        if len(found) != 1:
            names = "; ".join(f"{one.name} ({one.target})" for one in found)
            raise Refused(
                f"More than one fits, choose by the reference: {names}."
                if found
                else f"No asset or partner that you may see is called {given['target']!r}."
            )
        role = LinkRole(given["role"])
        return linking.link(incident, found[0].target, role=role, by=by, at=at)

    return act_in(request, incident, add)


@require_POST
def end(request: HttpRequest, reference: str) -> HttpResponse:
    """Close, or dismiss with a reason."""
    incident = finding.incident(request, reference)
    by, at = who(request), when(request)
    if request.POST.get("act") == "dismiss":
        reason = request.POST.get("reason", "")
        return act_in(
            request, incident, lambda: closing.dismiss(incident, by=by, at=at, reason=reason)
        )
    return act_in(request, incident, lambda: closing.close(incident, by=by, at=at))


def act_in(request: HttpRequest, incident: Incident, act: Callable[[], object]) -> HttpResponse:
    """Do ``act`` and show the room; what is refused is said above it."""
    try:
        act()
    except (Refused, Conflict, BadInput) as error:
        return _page(request, incident, Typed(side_error=error.detail), status=error.status)
    return HttpResponseRedirect(reverse("incidents:room", args=[incident.reference]))


def refused(request: HttpRequest, incident: Incident, error: Refused | Conflict) -> HttpResponse:
    """Show the room with why an act of another page was not done."""
    return _page(request, incident, Typed(side_error=error.detail), status=error.status)


def _answer(
    request: HttpRequest,
    incident: Incident,
    template: str,
    typed: Typed,
    *,
    status: int = 303,
    wanted: int | None = None,
) -> HttpResponse:
    """Answer an act: a part to a script, a redirect or the whole page to a browser."""
    if _is_partial(request):
        fresh = finding.incident(request, incident.reference)
        room = compose(
            fresh,
            by=who(request),
            at=when(request),
            typed=typed,
            wanted=wanted,
        )
        return _part(request, template, room)
    if status == 303:
        for warning in typed.warnings:
            messages.warning(request, warning)
        place = "#timeline" if template.endswith("_say.html") else "#step"
        address = reverse("incidents:room", args=[incident.reference])
        return HttpResponseRedirect(f"{address}{place}", status=303)
    typed = replace(typed, moved=False)
    return _page(request, incident, typed, status=status, wanted=wanted)


def _token(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return uuid4()


def _person(text: str) -> User:
    try:
        found = User.objects.filter(pk=text, is_active=True).first()
    except ValidationError:
        found = None
    if found is None:
        raise Refused("Choose somebody of the list.")
    return found
