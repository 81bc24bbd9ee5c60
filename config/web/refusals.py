"""What Django itself refuses, answered like everything else."""

import sys
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from config import problems
from governance.errors import WardroomError


class TooManyRequests(WardroomError):
    """Allauth's limits: per address and per account."""

    code = "too_many_requests"
    status = 429
    title = "Too many tries"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problems.respond(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problems.respond(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problems.respond(request, Http404())


def broken(request: HttpRequest) -> HttpResponse:
    """Answer what failed outside a view, as in a middleware without its database."""
    error = sys.exc_info()[1]
    return problems.respond(request, error if isinstance(error, Exception) else RuntimeError())


def too_many(request: HttpRequest, *args: Any) -> HttpResponse:
    return problems.respond(
        request, TooManyRequests("Too many tries in a short time. Wait 5 minutes, then try again.")
    )


def closed(request: HttpRequest, **_: str) -> HttpResponse:
    """Stand where allauth has pages that Wardroom does not offer."""
    raise Http404


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that was open too long, or that came from elsewhere."""
    return problems.respond(request, StaleForm())


class StaleForm(WardroomError):
    """The form's token does not belong to this session."""

    code = "stale_form"
    status = 403
    title = "This form is too old"

    @property
    def detail(self) -> str:
        return "Its session has ended. Nothing was changed: go back, reload, and send it again."
