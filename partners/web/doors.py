"""Whose pages these are: ours, or those of partner contacts."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse

from governance import boundary
from governance.board import when, who
from governance.errors import WardroomError
from partners.actions import reaching
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
    """Let partner contacts in, behind the wall, and hand the view their partner.

    What is not there for them is answered like what is not there at all, and recorded.

    Raises:
        PartnersOnly: somebody else is signed in.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        by, at = who(request), when(request)
        if not by.party:
            raise PartnersOnly("You act for no partner. Your own pages start at the overview.")
        try:
            with boundary.walled(by.party):
                return view(request, partner_of(request), *args, **kwargs)
        except Http404:
            reaching.missed(request.path, by=by, at=at)
            raise

    guarded_view: View = login_required(guarded)
    return guarded_view


def partner_of(request: HttpRequest) -> Partner:
    """Return the partner that the signed-in contact acts for.

    Raises:
        Http404: the contact's role is not in force.
    """
    partner = own_partner(who(request), at=when(request))
    if partner is None:
        raise Http404
    return partner


def fresh(view: View) -> View:
    """Let ``view`` run only with a second factor proven a short time ago."""
    view.asks_for_fresh_second_factor = True  # type: ignore[attr-defined]
    return view
