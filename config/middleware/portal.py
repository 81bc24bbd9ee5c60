"""To partner contacts nothing of ours exists."""

from django.http import Http404, HttpRequest, HttpResponse

from config import problems
from governance.models import User

PARTNER_PLACES = ("/portal/", "/accounts/", "/favicon.ico", "/static/")


def refuse_strangers(request: HttpRequest, user: User) -> HttpResponse | None:
    """Answer 404 to a partner contact outside the portal, before a view could forget to ask.

    ``/`` stays open: it sends them to the portal.
    """
    if not user.party or request.path == "/" or request.path.startswith(PARTNER_PLACES):
        return None
    return problems.respond(request, Http404())
