"""``/findings/policy/``: the terms in force, and what others would mean."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance import access
from governance.board import when, who
from partners import queries
from partners.actions import clocks
from partners.domain.patching import Policy
from partners.models import PatchPolicy
from partners.permissions import Act
from partners.queries import simulating
from partners.web import words
from partners.web.doors import staff

MAX_DAYS = 365


@staff
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the versions of the terms; with days in the address, what these would mean."""
    by, at = who(request), when(request)
    in_force = clocks.policy_in_force()
    tried = _tried(request, in_force)
    outcome = None
    if tried is not None:
        outcome = simulating.simulate(queries.findings(to=by, at=at), tried, at=at)
    versions = access.visible(PatchPolicy.objects.all(), to=by, act=Act.POLICY_READ, at=at)
    context = {
        "as_of": words.as_of(at),
        "in_force": in_force,
        "versions": versions,
        "tried": tried or in_force,
        "outcome": outcome,
        "more": outcome.more.most_common(20) if outcome else [],
        "less": outcome.less.most_common(20) if outcome else [],
    }
    return render(request, "partners/policy.html", context)


def _tried(request: HttpRequest, in_force: Policy) -> Policy | None:
    """Return the terms of the address; None where it names none."""
    given = request.GET
    if "critical" not in given and "other" not in given:
        return None
    return replace(
        in_force,
        critical_days=_days(given.get("critical", ""), in_force.critical_days),
        other_days=_days(given.get("other", ""), in_force.other_days),
        uses_bod_26_04=bool(given.get("bod")),
    )


def _days(text: str, default: int) -> int:
    return min(int(text), MAX_DAYS) if text.isascii() and text.isdigit() and int(text) else default
