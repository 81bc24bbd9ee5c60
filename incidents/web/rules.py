"""``/incidents/rules/``: what counts as a breach, whom to notify by when, and what it rests on."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from governance import access
from governance.board import when, who
from governance.errors import BadInput, Conflict, NotFound, Refused
from governance.models import Site
from governance.permissions import Act as GovernanceAct
from incidents.actions import ruling, stating
from incidents.models import ContractLimit, Incident, RuleSet, SiteLaw
from incidents.permissions import Act
from incidents.queries import people, rules, things
from incidents.statutes import reading
from incidents.web.finding import number

_STATED = {"yes": True, "no": False}
_LAWS = ("gdpr", "nis2", "cra")


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show the rules in force, their versions, laws of sites and clauses of contracts."""
    return _page(request)


@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Bring rules in, approve them, state the law of a site, state or end a clause."""
    _reader(request)
    acts: dict[str, Callable[[HttpRequest], object]] = {
        "bring": _bring,
        "approve": _approve,
        "law": _law,
        "limit": _limit,
        "end": _end,
    }
    chosen = acts.get(request.POST.get("act", ""))
    try:
        if chosen is None:
            raise Refused("Choose what to do.")
        chosen(request)
    except (Refused, Conflict, BadInput) as error:
        return _page(request, error=error.detail, status=error.status)
    return HttpResponseRedirect(reverse("incidents:rules"), status=303)


def _word(request: HttpRequest, name: str, most: int = 400) -> str:
    return request.POST.get(name, "").replace("\0", "")[:most]


def _bring(request: HttpRequest) -> object:
    given = request.FILES.get("document")
    if given is None or (given.size or 0) > reading.MAX_BYTES:
        raise Refused("Choose a JSON document of up to a megabyte.")
    change = _word(request, "change")
    return ruling.bring(given.read(), change=change, by=who(request), at=when(request))


def _approve(request: HttpRequest) -> object:
    row = RuleSet.objects.filter(number=number(request.POST.get("number")) or 0).first()
    if row is None:
        raise NotFound("There is no such version.")
    return ruling.approve(row, by=who(request), at=when(request))


def _law(request: HttpRequest) -> object:
    by, at = who(request), when(request)
    rows = access.visible(Site.objects.all(), to=by, act=GovernanceAct.SITE_READ, at=at)
    site = rows.filter(slug=_word(request, "site")).first()
    if site is None:
        raise Refused("There is no such site, or none for you.")
    gdpr, nis2, cra = (_STATED.get(_word(request, law)) for law in _LAWS)
    country = _word(request, "country")
    return stating.state_law(site, country=country, gdpr=gdpr, nis2=nis2, cra=cra, by=by, at=at)


def _limit(request: HttpRequest) -> object:
    by, at = who(request), when(request)
    found = [
        one
        for one in things.find(_word(request, "partner"), to=by, at=at)
        if one.target.startswith(f"{things.PARTNER}:")
    ]
    if len(found) != 1:
        raise Refused("Write the partner's name as its page shows it.")
    hours = number(request.POST.get("hours")) or 0
    clause = _word(request, "clause", 200)
    return stating.state_limit(found[0].target, clause=clause, hours=hours, by=by, at=at)


def _end(request: HttpRequest) -> object:
    row = ContractLimit.objects.filter(pk=number(request.POST.get("limit")) or 0).first()
    if row is None:
        raise NotFound("There is no such clause.")
    return stating.end_limit(row, by=who(request), at=when(request))


def _reader(request: HttpRequest) -> None:
    """Let in whoever may read incidents somewhere."""
    kind = Incident.resource_type()
    if not access.allows_somewhere(who(request), Act.INCIDENT_READ, kind, at=when(request)):
        raise NotFound("There is nothing here for you.")


def _page(request: HttpRequest, *, error: str = "", status: int = 200) -> HttpResponse:
    _reader(request)
    by, at = who(request), when(request)
    current = rules.standing()
    versions = list(RuleSet.objects.defer("document"))
    laws = list(SiteLaw.objects.select_related("site").order_by("site__path"))
    limits = list(ContractLimit.objects.filter(ended_at=None))
    refs = {ref for row in versions for ref in (row.written_by, row.approved_by) if ref}
    sites = access.visible(Site.objects.all(), to=by, act=GovernanceAct.SITE_READ, at=at)

    def somewhere(act: Act, kind: str) -> bool:
        return access.allows_somewhere(by, act, kind, at=at)

    context = {
        "rules": current,
        "versions": versions,
        "names": people.names(refs),
        "me": by.ref,
        "laws": laws,
        "limits": limits,
        "sites": sites.order_by("path").values_list("slug", "name"),
        "asked": [("gdpr", "GDPR"), ("nis2", "NIS2"), ("cra", "CRA")],
        "may_law": somewhere(Act.LAW_STATE, SiteLaw.resource_type()),
        "may_limit": somewhere(Act.CONTRACT_STATE, ContractLimit.resource_type()),
        "may_write": somewhere(Act.RULES_WRITE, RuleSet.resource_type()),
        "may_approve": somewhere(Act.RULES_APPROVE, RuleSet.resource_type()),
        "error": error,
        "now": at,
    }
    return render(request, "incidents/rules.html", context, status=status)
