"""Whose pages these are: ours, or those of partner contacts."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse

from governance.board import when, who
from governance.errors import WardroomError
from partners.models import Partner
from partners.queries import own_partner

View = Callable[..., HttpResponse]


class PartnersOnly(WardroomError):
    """The portal has nothing for people who act for no partner."""

    code = "partners_only"
    status = 403
    title = "This is the partners' door"


def staff(view: View) -> View:
    """Let our people in; for a partner contact the page is not there."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if who(request).party:
            raise Http404
        return view(request, *args, **kwargs)

    guarded_view: View = login_required(guarded)
    return guarded_view


def contact(view: View) -> View:
    """Let partner contacts in, and hand the view their partner."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, partner_of(request), *args, **kwargs)

    guarded_view: View = login_required(guarded)
    return guarded_view


def partner_of(request: HttpRequest) -> Partner:
    """Return the partner that the signed-in contact acts for.

    Raises:
        PartnersOnly: somebody else is signed in.
        Http404: the contact's role is not in force.
    """
    by = who(request)
    if not by.party:
        raise PartnersOnly("You act for no partner. Your own pages start at the overview.")
    partner = own_partner(by, at=when(request))
    if partner is None:
        raise Http404
    return partner
