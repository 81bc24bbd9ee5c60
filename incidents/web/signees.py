"""Keys whose signatures on playbooks are trusted, set and ended on the list of runbooks."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from governance.board import when, who
from governance.errors import Conflict, NotFound, Refused
from incidents.actions import trusting
from incidents.models import Signee
from incidents.web import finding, runbooks


@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Trust a key, or trust one no longer; what is refused is said above the form."""
    by, at = who(request), when(request)
    reason = _word(request, "reason", 300)
    try:
        match request.POST.get("act"):
            case "trust":
                key = _word(request, "key", 8000).encode()
                trusting.trust(key, name=_word(request, "name", 120), reason=reason, by=by, at=at)
            case "end":
                trusting.end(_row(request), reason=reason, by=by, at=at)
            case _:
                raise Refused("Choose what to do with this key.")
    except (Refused, Conflict) as error:
        return runbooks.listed(request, error=error.detail, status=error.status)
    return HttpResponseRedirect(f"{reverse('incidents:runbooks')}#keys", status=303)


def _word(request: HttpRequest, name: str, most: int) -> str:
    return request.POST.get(name, "").replace("\0", "")[:most]


def _row(request: HttpRequest) -> Signee:
    key = finding.number(request.POST.get("signee")) or 0
    row = Signee.objects.filter(pk=key).first()
    if row is None:
        raise NotFound("There is no such key.")
    return row
