"""``/incidents/declare/``: title, severity, done."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from governance import access
from governance.board import when, who
from governance.errors import Conflict, NotAllowed, Refused
from governance.models import Site
from governance.permissions import Act as GovernanceAct
from incidents.actions import declaring
from incidents.domain.incidents import Kind, Severity
from incidents.web.forms import SEVERITIES, DeclareForm


@require_http_methods(["GET", "HEAD", "POST"])
def declare(request: HttpRequest) -> HttpResponse:
    """Ask for three facts, then go to the room; a refused form keeps what was typed."""
    by, at = who(request), when(request)
    sites = access.visible(Site.objects.all(), to=by, act=GovernanceAct.SITE_READ, at=at)
    form = DeclareForm(sites, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            incident = declaring.declare(
                title=given["title"],
                severity=Severity(given["severity"]),
                site=given["site"],
                kind=Kind.DRILL if given["is_drill"] else Kind.LIVE,
                summary=given["summary"],
                token=given["token"],
                by=by,
                at=at,
            )
        except NotAllowed:
            site = given["site"]
            form.add_error(
                "site", f"You may not declare at {site.name}. Its SOC or a commander may."
            )
        except Conflict as error:
            form.add_error(None, f"{error.detail} Open this page anew to declare another one.")
        except Refused as error:
            form.add_error("summary", error.detail)
        else:
            return HttpResponseRedirect(reverse("incidents:room", args=[incident.reference]))
    status = 422 if form.is_bound else 200
    context = {"form": form, "severities": SEVERITIES.items()}
    return render(request, "incidents/declare.html", context, status=status)
