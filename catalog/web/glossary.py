"""``/catalog/glossary/``: the words of the business, each with what it means and where it is."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from catalog.actions import glossary
from catalog.models import Asset, BusinessTerm, TermState
from catalog.permissions import Act
from catalog.queries.glossary import readable, related_to, told
from catalog.web import found
from governance import access
from governance.board import when, who
from governance.domain.actor import Actor
from governance.errors import BadInput, Conflict, NotFound, Refused
from governance.models import User

PAGE = 50
MOST_ASSETS = 100


@login_required
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the terms that hold all words of the text, by name, fifty at a time."""
    by, at = who(request), when(request)
    text = request.GET.get("q", "").strip().replace("\0", "")[:200]
    state = request.GET.get("state", "")
    if state not in ("", TermState.DRAFT, TermState.APPROVED):
        raise BadInput("state: draft or approved", pointer="/state")
    seen = readable(BusinessTerm.objects.filter(ended_at=None), to=by, act=Act.GLOSSARY_READ, at=at)
    rows = told(seen, text)
    if state:
        rows = rows.filter(state=state)
    after = request.GET.get("after", "").replace("\0", "")[:120]
    assets = access.visible(Asset.objects.live(), to=by, act=Act.ASSET_READ, at=at)
    shown = list(
        rows.filter(name__gt=after)
        .select_related("owner")
        .annotate(held=Count("links", filter=Q(links__asset__in=assets.order_by().values("pk"))))
        .order_by("name")[: PAGE + 1]
    )
    counts = seen.aggregate(all=Count("pk"), drafts=Count("pk", filter=Q(state=TermState.DRAFT)))
    page = {
        "rows": shown[:PAGE],
        "after": shown[PAGE - 1].name if len(shown) > PAGE else "",
        "text": text,
        "state": state,
        "counts": counts,
        "may_write": access.allows(by, Act.GLOSSARY_WRITE, BusinessTerm(), at=at),
        "at": at,
    }
    return render(request, "catalog/glossary.html", {"page": page})


@login_required
@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one term: what it means, who answers for it, and the assets that hold it."""
    by, at = who(request), when(request)
    term = _term(request, pk)
    assets = access.visible(
        Asset.objects.filter(term_links__term=term, gone_at=None), to=by, act=Act.ASSET_READ, at=at
    )
    rows = list(assets.select_related("system", "parent").order_by("fqn")[: MOST_ASSETS + 1])
    is_draft = term.state == TermState.DRAFT
    context: dict[str, Any] = {
        "term": term,
        "assets": rows[:MOST_ASSETS],
        "is_cut": len(rows) > MOST_ASSETS,
        "related": readable(related_to(term), to=by, act=Act.GLOSSARY_READ, at=at),
        "written_by": _name(term.written_by),
        "approved_by": _name(term.approved_by),
        "may_write": access.allows(by, Act.GLOSSARY_WRITE, term, at=at),
        "may_approve": is_draft and access.allows(by, Act.GLOSSARY_APPROVE, term, at=at),
        "is_own": term.written_by == by.ref,
        "at": at,
    }
    return render(request, "catalog/business_term.html", {"page": context})


@login_required
@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve the wording that was read."""
    term = _term(request, pk)
    if request.POST.get("read", "") != term.written_at.isoformat():
        messages.error(request, "It was written anew meanwhile. Read it again.")
        return redirect("catalog:business_term", pk=pk)
    try:
        glossary.approve(term, by=who(request), at=when(request))
    except (Refused, Conflict) as error:
        messages.error(request, f"{error.detail} Nothing was changed.")
    else:
        messages.success(request, f"{term} is approved.")
    return redirect("catalog:business_term", pk=pk)


@login_required
@require_POST
def link(request: HttpRequest, pk: int) -> HttpResponse:
    """Link a term to an asset by its name or a synonym, or take a link back."""
    asset, by, at = found.asset(request, pk), who(request), when(request)
    word = request.POST.get("term", "").strip().replace("\0", "")[:120]
    terms = readable(
        BusinessTerm.objects.filter(ended_at=None), to=by, act=Act.GLOSSARY_READ, at=at
    )
    term = terms.filter(name__iexact=word).first()
    here = Asset.objects.filter(pk=asset.pk)
    try:
        if term is None:
            raise Refused(f"The glossary has no term {word!r}.")
        if "unlink" in request.POST:
            glossary.unlink(term, here, by=by, at=at)
        else:
            glossary.link(term, here, by=by, at=at)
    except (Refused, Conflict, NotFound) as error:
        messages.error(request, f"{error.detail} Nothing was changed.")
    else:
        verb = "is linked no longer" if "unlink" in request.POST else "is linked"
        messages.success(request, f"{term} {verb} to {asset.name}.")
    return redirect("catalog:asset", pk=pk)


def of(asset: Asset, by: Actor, *, at: Any) -> dict[str, Any]:
    """Return the terms of an asset, and what ``by`` may link to it."""
    terms = readable(
        BusinessTerm.objects.filter(ended_at=None), to=by, act=Act.GLOSSARY_READ, at=at
    )
    may_link = asset.gone_at is None and access.allows(by, Act.ASSET_LINK, asset, at=at)
    held = list(terms.filter(links__asset=asset).order_by("name"))
    return {
        "held": held,
        "may_link": may_link,
        "choices": terms.exclude(pk__in=[one.pk for one in held]).values_list("name", flat=True)
        if may_link
        else (),
    }


def _term(request: HttpRequest, pk: int) -> BusinessTerm:
    rows = readable(
        BusinessTerm.objects.filter(pk=pk),
        to=who(request),
        act=Act.GLOSSARY_READ,
        at=when(request),
    )
    term: BusinessTerm | None = rows.select_related("owner", "steward").first()
    if term is None:
        raise NotFound("There is no such term, or none for you.")
    return term


def _name(ref: str) -> str:
    kind, _, key = ref.partition(":")
    if kind != "user":
        return key
    return User.objects.filter(pk=key).values_list("name", flat=True).first() or "somebody"
