"""``/catalog/owners/<link>/``: what is mine, and my word on it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from catalog.actions import confirming
from catalog.domain.labels import exact
from catalog.models import OwnerAnswer
from catalog.permissions import Act
from catalog.queries import coverage
from catalog.queries.assets import is_number
from governance import access
from governance.board import when, who
from governance.domain import fqn
from governance.errors import Refused

SHOWN = 200


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, word: str) -> HttpResponse:
    """Show the assets of the owner whom the link names; keep the answer that is sent."""
    by, at = who(request), when(request)
    link = confirming.opened(word, by=by, at=at)
    mine = access.visible(
        confirming.owned(by, system=link.system), to=by, act=Act.OWNER_CONFIRM, at=at
    )
    if request.method == "POST":
        keys = [int(key) for key in request.POST.getlist("asset") if is_number(key)]
        chosen = mine if "all" in request.POST else mine.filter(pk__in=keys)
        is_mine = request.POST.get("verdict") == "mine"
        try:
            count = confirming.answer(
                chosen,
                is_mine=is_mine,
                word=request.POST.get("word", "").strip()[:300],
                by=by,
                at=at,
            )
        except Refused as error:
            messages.error(request, f"{error.detail} Nothing was kept.")
        else:
            words = "asset is" if count == 1 else "assets are"
            messages.success(
                request,
                f"{count:,} {words} yours, confirmed."
                if is_mine
                else f"{count:,} {words} not yours; the stewards name another owner.",
            )
        return redirect("catalog:owner", word=word)
    rows = list(mine.select_related("system", "site").order_by("fqn", "pk")[:SHOWN])
    lacking = coverage.lacking([row.pk for row in rows], at=at)
    said = OwnerAnswer.objects.filter(asset__in=rows, user__pk=link.user)
    answers = {one.asset_id: one for one in said}
    shown = {
        "rows": [
            {
                "asset": row,
                "gaps": ", ".join(item.words for item in lacking.get(row.pk) or ()),
                "answer": answers.get(row.pk),
                "path": row.fqn if len(fqn.split(row.fqn)) > 1 else "",
                "categories": exact(row.categories),
            }
            for row in rows
        ],
        "count": mine.count(),
        "link": link,
        "at": at,
    }
    return render(request, "catalog/owners.html", {"page": shown})
