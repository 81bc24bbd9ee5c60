"""Who reaches one record, by the policy and in its system: the page of an asset on the board."""

from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse

from governance import access, registries
from governance.board import when, who
from governance.errors import BadInput, NotFound
from governance.models import Governed, GovernedSystem, Grant
from governance.permissions import Act
from governance.queries import holders, observed_access, questions, resources

LONGEST = 160


def page(request: HttpRequest) -> HttpResponse:
    """Show everybody who may do ``?act=`` to ``?record=catalog.asset:42``, and how they come by it.

    Raises:
        BadInput: no record or an unknown act is named.
        NotFound: there is no such record, none that lies in a system, or none for this person.
    """
    reference = request.GET.get("record", "")[:LONGEST].replace("\0", "")
    record, system, scope = _record(request, reference)
    by, at = who(request), when(request)
    acts = holders.acts_on(record)
    act = request.GET.get("act") or next(iter(acts), "")
    if act not in acts:
        raise BadInput("The policy knows no such act on this record.", pointer="/act")
    facts = resources.facts(reference)
    context = {
        **admin.site.each_context(request),
        "title": f"Who reaches {record}",
        "record": record,
        "kind": record._meta.verbose_name,
        "record_url": _page_of(record),
        "level": facts.level,
        "owner": facts.owner,
        "system": system,
        "scope": scope,
        "at": at,
        "act": act,
        "acts": [(one, f"?{urlencode({'record': reference, 'act': one})}") for one in acts],
        "policy": holders.of(record, act, to=by, at=at),
        "observed": observed_access.on(system, scope, to=by, at=at) if scope else None,
    }
    return TemplateResponse(request, "admin/governance/grant/who.html", context)


def _record(request: HttpRequest, reference: str) -> tuple[Governed, GovernedSystem, str]:
    """Return the record with the system that it lies in; a stranger's reads as if it were none."""
    missing = NotFound("There is no such record, or none for you.")
    kind, _, key = reference.partition(":")
    describe = registries.requestable.get(kind)
    found = describe(key) if describe and key.isdecimal() else None
    if found is None:
        raise missing
    system = GovernedSystem.objects.select_related("site").get(pk=found.system)
    if not access.allows(who(request), Act.GRANT_READ, Grant(system=system), at=when(request)):
        raise missing
    return questions.record(reference), system, found.scope


def _page_of(record: Model) -> str:
    try:
        return reverse(
            f"admin:{record._meta.label_lower.replace('.', '_')}_change", args=[record.pk]
        )
    except NoReverseMatch:
        return ""
