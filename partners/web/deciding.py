"""Waivers and suppliers' answers: asked for at a finding, decided in two short lists."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from governance import access
from governance.board import when, who
from governance.domain.actor import Actor
from governance.domain.narration import Named
from governance.errors import Refused
from governance.queries.names import named
from partners import queries
from partners.actions import answering, waiving
from partners.domain.waiving import MAX_DAYS
from partners.models import Answer, Decision, Finding, Waiver
from partners.permissions import Act
from partners.web import findings, words
from partners.web.doors import staff

SHOWN = 100
PAGE = "partners:finding"


def _form(actor: Actor, finding: Finding, data: Any, at: datetime, kind: str) -> None:
    if kind == "waiver":
        waiving.ask(
            [finding],
            reason=data.get("reason", ""),
            control=data.get("control", ""),
            owner=data.get("owner", ""),
            until=until(data.get("until", ""), at=at),
            by=actor,
            at=at,
        )
        return
    answering.give(
        finding,
        status=data.get("status", ""),
        justification=data.get("justification", ""),
        detail=data.get("detail", ""),
        action=data.get("action", ""),
        by=actor,
        at=at,
    )


def until(text: str, *, at: datetime) -> datetime:
    """Return the end of the UTC day ``text``, at most as late as a waiver may last.

    Raises:
        Refused: no date.
    """
    try:
        day = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("Give the last day of the waiver.") from None
    end = day.replace(hour=23, minute=59, second=59, tzinfo=UTC)
    longest = at + timedelta(days=MAX_DAYS)
    return min(end, longest) if end.date() == longest.date() else end


def submit(request: HttpRequest, pk: UUID, kind: str, page: str) -> HttpResponse:
    """Take a form of a finding's page, and go back to it.

    Raises:
        Http404: there is no such finding for this actor.
    """
    by, at = who(request), when(request)
    found = queries.findings(to=by, at=at).select_related(
        "product__partner", "product__site", "vulnerability", "component"
    )
    finding = found.filter(pk=pk).first()
    if finding is None:
        raise Http404
    _form(by, finding, request.POST, at, kind)
    return HttpResponseRedirect(reverse(page, args=[pk]))


@staff
@require_POST
def ask_waiver(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask for a waiver of one finding."""
    return _submitted(request, pk, "waiver")


@staff
@require_POST
def give_answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Note what a supplier told us by other ways."""
    return _submitted(request, pk, "answer")


def _submitted(request: HttpRequest, pk: UUID, kind: str) -> HttpResponse:
    try:
        return submit(request, pk, kind, PAGE)
    except Refused as error:
        return findings.again(request, pk, "partners/finding.html", PAGE, error)


@staff
@require_safe
def waivers(request: HttpRequest) -> HttpResponse:
    """Show waivers to be decided, then those in force."""
    by, at = who(request), when(request)
    found = access.visible(Waiver.objects.all(), to=by, act=Act.WAIVER_READ, at=at)
    found = found.select_related("product__partner").prefetch_related("findings__vulnerability")
    waiting = list(found.filter(state__in=waiving.OPEN_STATES).order_by("asked_at")[:SHOWN])
    running = list(found.filter(state="granted", until__gte=at).order_by("until")[:SHOWN])
    known = named(
        ref for row in (*waiting, *running) for ref in (row.asked_by, row.first_by, row.second_by)
    )
    context = {
        "as_of": words.as_of(at),
        "waiting": [_waiver(row, by, known) for row in waiting],
        "running": [_waiver(row, by, known) for row in running],
    }
    return render(request, "partners/waivers.html", context)


def _waiver(row: Waiver, by: Actor, known: Mapping[str, Named]) -> dict[str, Any]:
    def name(reference: str) -> str:
        return known[reference].name if reference else ""

    return {
        "row": row,
        "asked_by": name(row.asked_by),
        "first_by": name(row.first_by),
        "second_by": name(row.second_by),
        "findings": list(row.findings.all())[:5],
        "until": words.day(row.until),
        "asked": words.day(row.asked_at),
        "is_own": by.ref in (row.asked_by, row.first_by),
    }


@staff
@require_safe
def answers(request: HttpRequest) -> HttpResponse:
    """Show claims to be reviewed, oldest first."""
    by, at = who(request), when(request)
    found = access.visible(Answer.objects.all(), to=by, act=Act.ANSWER_READ, at=at)
    listed = found.filter(decision=Decision.PENDING).select_related("product__partner", "component")
    rows = [
        {"row": row, "received": words.day(row.received_at)}
        for row in listed.order_by("received_at", "id")[:SHOWN]
    ]
    return render(request, "partners/answers.html", {"as_of": words.as_of(at), "rows": rows})


def _decided(
    request: HttpRequest, model: Any, read: Act, pk: UUID, act: Callable[..., object], page: str
) -> HttpResponse:
    by, at = who(request), when(request)
    row = access.visible(model.objects.all(), to=by, act=read, at=at).filter(pk=pk).first()
    if row is None:
        raise Http404
    act(row, reason=request.POST.get("reason", ""), by=by, at=at)
    return HttpResponseRedirect(reverse(page))


@staff
@require_POST
def decide_waiver(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Agree to a waiver, refuse it, or end it early."""
    acts = {"agree": waiving.agree, "refuse": waiving.refuse, "end": waiving.end}
    act = acts.get(request.POST.get("decision", ""))
    if act is None:
        raise Refused("Choose what to do with the waiver.")
    return _decided(request, Waiver, Act.WAIVER_READ, pk, act, "partners:waivers")


@staff
@require_POST
def decide_answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Accept a claim or reject it."""
    accepts = request.POST.get("decision") == "accept"

    def act(row: Answer, **facts: Any) -> object:
        return answering.decide(row, accepts=accepts, **facts)

    return _decided(request, Answer, Act.ANSWER_READ, pk, act, "partners:answers")
