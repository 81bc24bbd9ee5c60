"""The mark, for programs that ask for it where it used to be."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Lead ``/favicon.ico`` to the mark; the board and most readers ask only there."""
    return HttpResponseRedirect(static("icon.svg"))
