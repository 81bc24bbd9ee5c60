"""``/incidents/runbooks/<slug>/dry-run/``: what a run would do, before anybody starts one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance.board import when
from governance.errors import Refused
from incidents.actions import plans, rehearsing
from incidents.executors.rehearsal import Kind
from incidents.web import finding, runbooks
from incidents.web.forms import VALUE

_WORDS = {
    Kind.SENT: ("Sent", "cog"),
    Kind.ACT: ("By Wardroom", "cog"),
    Kind.PERSON: ("For people", "person"),
    Kind.APPROVAL: ("Approval", "ask"),
    Kind.DECISION: ("Question", "ask"),
    Kind.PLAYBOOK: ("Another runbook", "file"),
    Kind.WAIT: ("Waits", "wait"),
    Kind.WAY: ("Way taken", "now"),
}
_ANSWER = "answer-"
_DEEPEST = 4


@require_safe
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """Walk a version with the values of the form; reading it changes nothing."""
    book = runbooks.book(request, slug)
    at, number = when(request), finding.number(request.GET.get("number"))
    version = runbooks.version(book, number or runbooks.in_force(book))
    data = bytes(version.document)
    given = _given(request, VALUE)
    answers = _given(request, _ANSWER)
    error, found = "", None
    try:
        found = rehearsing.walk(data, values=given, answers=answers, at=at)
    except Refused as refused:
        error = refused.detail
    _, plan = plans.read(data)
    context = {
        "book": book,
        "shown": version,
        "now": at,
        "error": error,
        "found": found,
        "summary": rehearsing.summary(found) if found else "",
        "lines": [
            (*_WORDS[line.kind], line, min(line.depth, _DEEPEST))
            for line in (found.lines if found else ())
        ],
        "variables": [
            (f"{VALUE}{name}", name, one.about, one.type, given.get(name, one.value or ""))
            for name, one in plan.variables.items()
            if not one.is_constant
        ],
        "questions": [
            (
                f"{_ANSWER}{one.id}",
                one.name or one.asked,
                _labels(one.branches),
                answers.get(one.id, ""),
            )
            for one in plan.steps.values()
            if one.branches and one.type.value in ("if-condition", "switch-condition")
        ],
    }
    return render(request, "incidents/dry_run.html", context, status=422 if error else 200)


def _given(request: HttpRequest, prefix: str) -> dict[str, str]:
    return {
        name.removeprefix(prefix): value.replace("\0", "")[:2000]
        for name, value in request.GET.dict().items()
        if isinstance(value, str) and name.startswith(prefix) and value.strip()
    }


def _labels(branches: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    found = tuple(label for label, _ in branches)
    return (*found, "no") if found == ("yes",) else found
