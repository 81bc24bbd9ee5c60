"""``/feeds/``: what was imported, how old it is, and what of it is proven."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance import access
from governance.board import when, who
from partners.actions.sweeping import stale_after
from partners.advisories.versions import ORDERS, PROVEN
from partners.models import FeedRun
from partners.permissions import Act
from partners.web import words
from partners.web.doors import staff

SOURCES = {
    "osv": "Advisories (OSV)",
    "kev": "Exploited vulnerabilities (CISA KEV)",
    "epss": "Exploitation forecasts (FIRST EPSS)",
    "vulnrichment": "Assessments (CISA Vulnrichment)",
}


@staff
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show each source with its newest import, and each ecosystem with its proof."""
    by, at = who(request), when(request)
    visible = access.visible(FeedRun.objects.all(), to=by, act=Act.FEED_READ, at=at)
    newest = {row.source: row for row in visible.order_by("source", "at", "id")}
    rows = []
    for source, title in SOURCES.items():
        run = newest.get(source)
        limit = stale_after(source)
        rows.append(
            {
                "title": title,
                "source": source,
                "run": run,
                "imported": words.day(run.at) if run else "",
                "data": words.day(run.data_date) if run else "",
                "age": _age(run, at=at) if run else "",
                "is_old": run is not None and at - run.data_date > limit,
                "days": (at - run.at).days if run else None,
                "limit": limit.days,
                "is_stale": run is not None and at - run.at > limit,
            }
        )
    context = {
        "as_of": words.as_of(at),
        "rows": rows,
        "ecosystems": [(name, name in PROVEN) for name in ORDERS],
    }
    return render(request, "partners/feeds.html", context)


def _age(run: FeedRun, *, at: datetime) -> str:
    """Say how old the newest record of an import is."""
    days = (at - run.data_date).days
    return f"{words.count(days, 'day')} old" if days > 0 else "of today"
