"""``/components/``: who ships a component, for our people."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance.board import when, who
from partners.domain import asking
from partners.domain.asking import BadQuestion
from partners.queries import shipping
from partners.web import words
from partners.web.doors import staff


@staff
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Answer "who ships log4j-core < 2.17?"."""
    by, at = who(request), when(request)
    text = request.GET.get("q", "").strip()
    context: dict[str, object] = {"as_of": words.as_of(at), "text": text[:400]}
    status = 200
    if text:
        try:
            question = asking.parse(text)
            context |= {"question": question, "found": shipping.shipped(question, to=by, at=at)}
        except BadQuestion as error:
            context["error"], status = str(error), 400
    return render(request, "partners/components.html", context, status=status)
