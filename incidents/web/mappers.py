"""``/incidents/signals/mappers/``: a mapper tried on a pasted sample, and kept."""

import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from governance import access
from governance.board import when, who
from governance.errors import BadInput
from incidents.actions import mapping as keeping
from incidents.domain.signals import Seen
from incidents.models import SignalMapper
from incidents.permissions import Act
from incidents.signals import body, mapping
from incidents.signals.reading import Unfit, read
from incidents.signals.shipped import DOCUMENTS, SLIM

MOST = 200_000
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Tried:
    """What the mapper made of one event of the sample."""

    index: int
    seen: Seen | None
    reason: str


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """Show a mapper and a sample; trying changes nothing, keeping adds a version."""
    by, at = who(request), when(request)
    access.require(by, Act.MAPPER_WRITE, SignalMapper(), at=at)
    if request.method != "POST":
        return _page(request, json.dumps(_document(request), indent=1, ensure_ascii=False), "")
    text = request.POST.get("mapper", "").replace("\0", "")[:MOST]
    sample = request.POST.get("sample", "").replace("\0", "")[:MOST]
    try:
        document = _parsed(text)
        mapper = mapping.parse(document)
        if request.POST.get("act") == "keep":
            kept = keeping.write(request.POST.get("slug", ""), document, by=by, at=at)
            address = f"{reverse('incidents:mappers')}?slug={kept.slug}"
            return HttpResponseRedirect(address, status=303)
        tried = []
        for index, event in enumerate(_sample(sample)[:SHOWN]):
            try:
                tried.append(Tried(index, read(event, mapper, at=at), ""))
            except Unfit as error:
                tried.append(Tried(index, None, str(error)))
    except BadInput as error:
        said = f"{error.pointer}: {error.detail}" if error.pointer else error.detail
        return _page(request, text, sample, error=said, status=400)
    return _page(request, text, sample, tried=tried)


def _document(request: HttpRequest) -> Any:
    """Return the mapper to begin with: one that is kept, one that is shipped, or our own form."""
    slug = request.GET.get("slug", "").replace("\0", "")
    row = SignalMapper.objects.filter(slug=slug).order_by("-number").first()
    return row.document if row else DOCUMENTS.get(slug, SLIM)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"The mapper is no JSON: {error}") from error


def _sample(text: str) -> list[object]:
    """Return the events of a sample: an array, one event, or one per line."""
    held = text.encode()
    try:
        return body.events(held)
    except BadInput:
        return body.events(held, is_lines=True)


def _page(
    request: HttpRequest,
    text: str,
    sample: str,
    *,
    tried: list[Tried] | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    rows = SignalMapper.objects.order_by("slug", "-number").distinct("slug")
    context = {
        "text": text,
        "sample": sample,
        "tried": tried,
        "error": error,
        "slug": request.POST.get("slug", request.GET.get("slug", "")),
        "kept": [(row.slug, f"version {row.number}") for row in rows],
        "shipped": list(DOCUMENTS),
        "now": when(request),
    }
    return render(request, "incidents/mappers.html", context, status=status)
