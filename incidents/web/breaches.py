"""``/incidents/<reference>/breach/``: the facts, what the rules say of them, and the decision."""

from dataclasses import asdict
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from governance import access
from governance.board import when, who
from governance.errors import Refused
from incidents.actions import judging
from incidents.domain.breaches import Facts, Loss, ProductHarm, Verdict, judge
from incidents.models import BreachDecision, Incident
from incidents.permissions import Act
from incidents.queries import affected, notices, people, rules
from incidents.web import finding
from incidents.web.notice_forms import PRODUCT, VERDICTS, FactsForm
from incidents.web.times import moment

_LEVELS = ((None, "Unclassified"), (0, "Public"), (1, "Internal"), (2, "Confidential"))
LEVELS = (*_LEVELS, (3, "Restricted"))


@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, reference: str) -> HttpResponse:
    """Show facts and proposal; ``ask`` looks at changed facts, ``decide`` records."""
    incident = finding.incident(request, reference)
    by, at = who(request), when(request)
    known = affected.of(incident)
    facts = notices.presumed(incident, known)
    last = BreachDecision.objects.filter(incident=incident).order_by("-seq").first()
    if last is not None:
        facts = _kept(last)
    if request.method != "POST":
        return _page(request, incident, facts)
    form = FactsForm(request.POST)
    is_trial = request.POST.get("act") == "ask"
    if is_trial:
        form.fields["verdict"].required = False
    if not form.is_valid():
        words = "; ".join(str(one) for errors in form.errors.values() for one in errors)
        return _page(request, incident, facts, error=words, status=422)
    facts = form.facts(known)
    given = form.cleaned_data
    if is_trial:
        # The proposal may be another now: the decision follows it until somebody chooses anew.
        return _page(request, incident, facts, reason=given["reason"])
    try:
        judging.decide(
            incident,
            facts,
            verdict=Verdict(given["verdict"]),
            reason=given["reason"],
            by=by,
            at=at,
        )
    except Refused as error:
        return _page(
            request, incident, facts, error=error.detail, status=error.status,
            chosen=given["verdict"], reason=given["reason"],
        )  # fmt: skip
    return HttpResponseRedirect(reverse("incidents:notices", args=[reference]), status=303)


def _kept(row: BreachDecision) -> Facts:
    told = row.facts
    return Facts(
        losses=frozenset(Loss(one) for one in told["losses"]),
        is_personal=told["is_personal"],
        level=told["level"],
        kinds=frozenset(told["kinds"]),
        records=told["records"],
        is_high_risk=told["is_high_risk"],
        is_significant=told["is_significant"],
        product=ProductHarm(told["product"]),
    )


def _page(
    request: HttpRequest,
    incident: Incident,
    facts: Facts,
    *,
    error: str = "",
    status: int = 200,
    chosen: str = "",
    reason: str = "",
) -> HttpResponse:
    by, at = who(request), when(request)
    zone = ZoneInfo(incident.site.time_zone)
    current = rules.standing()
    said = judge(facts, current.breaches)
    rows = list(BreachDecision.objects.filter(incident=incident).order_by("-seq"))
    names = people.names({row.decided_by for row in rows})
    first = notices.decide_by(incident, incident.declared_at, at=at)
    context = {
        "incident": incident,
        "facts": asdict(facts),
        "losses": [(one.value, one.value.capitalize(), one in facts.losses) for one in Loss],
        "levels": LEVELS,
        "products": PRODUCT,
        "verdicts": VERDICTS,
        "said": said,
        "proposal": dict(VERDICTS)[said.verdict.value],
        "chosen": chosen or said.verdict.value,
        "reason": reason,
        "error": error,
        "rules": current,
        "known": affected.of(incident),
        "first": moment(first, zone=zone, at=at) if first and not rows else None,
        "first_late": first is not None and at > first,
        "history": [
            (row, names[row.decided_by], moment(row.decided_at, zone=zone, at=at)) for row in rows
        ],
        "may": access.allows(by, Act.BREACH_DECIDE, BreachDecision(incident=incident), at=at),
        "now": at,
    }
    return render(request, "incidents/breach.html", context, status=status)
