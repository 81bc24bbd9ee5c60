"""VEX documents on pages: handed over by a partner or by us, and what became of each statement."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from governance import access
from governance.board import when, who
from governance.models import Job, JobState
from partners import queries
from partners.actions import vex_documents
from partners.domain.answers import Status
from partners.models import AnswerDocument, Partner, Product, Standing, Taking
from partners.permissions import Act
from partners.queries import vex
from partners.sbom.receiving import ReceivedFile
from partners.web import files, words
from partners.web.doors import contact, staff
from partners.web.words import State

SHOWN = 20
OUTCOMES = {
    Taking.PENDING: State("Being read", "wait", ""),
    Taking.TAKEN: State("Read", "ok", "ok"),
    Taking.REJECTED: State("Refused", "stop", "bad"),
}
FAILED = State("Not read: our fault", "stop", "bad")
STANDINGS = {
    Standing.APPLIED: State("Applied", "ok", "ok"),
    Standing.TO_REVIEW: State("To be reviewed", "ask", "warn"),
    Standing.REJECTED: State("Rejected", "stop", "bad"),
    Standing.UNRESOLVED: State("Names nothing known", "none", "none"),
    Standing.UNUSABLE: State("Cannot be used", "warn", "warn"),
}


@csrf_exempt  # the inner view protects, once the length is judged
@require_http_methods(["GET", "HEAD", "POST"])
def own_list(request: HttpRequest) -> HttpResponse:
    """Show a partner its VEX documents, or take one."""
    sent = files.Sent(request, "vex", limit=vex_documents.MAX_BYTES)
    return sent.answered(lambda sent: _own_list(request, sent))


@csrf_exempt  # as above
@require_http_methods(["GET", "HEAD", "POST"])
def staff_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Show our people the VEX documents of a partner, or take one that came by other ways."""
    sent = files.Sent(request, "vex", limit=vex_documents.MAX_BYTES)
    return sent.answered(lambda sent: _staff_list(request, sent, slug))


@contact
def _own_list(request: HttpRequest, partner: Partner, sent: files.Sent) -> HttpResponse:
    return _list(request, partner, sent, "portal")


@staff
def _staff_list(request: HttpRequest, sent: files.Sent, slug: str) -> HttpResponse:
    partner = queries.partners(to=who(request), at=when(request)).filter(slug=slug).first()
    if partner is None:
        raise Http404
    return _list(request, partner, sent, "partners")


def _list(request: HttpRequest, partner: Partner, sent: files.Sent, door: str) -> HttpResponse:
    if request.method != "POST":
        return _page(request, partner, door)
    if sent.is_too_long:
        return _page(request, partner, door, sent.too_large)
    return _take(request, partner, sent, door)


@csrf_protect
def _take(request: HttpRequest, partner: Partner, sent: files.Sent, door: str) -> HttpResponse:
    try:
        row = sent.keep(lambda file: _received(request, partner, file))
    except files.Refusal as refusal:
        return _page(request, partner, door, refusal)
    return HttpResponseRedirect(reverse(f"{door}:vex_document", args=[row.pk]))


def _received(
    request: HttpRequest, partner: Partner, file: ReceivedFile
) -> tuple[AnswerDocument, bool]:
    by, at = who(request), when(request)
    product = _products(request, partner).filter(slug=request.POST.get("product", "")).first()
    if product is None:
        raise files.Refusal("Choose one of the products. The file was not kept.")
    return vex_documents.receive(
        product,
        file=file.name or "vex",
        stored_as=file.stored_as,
        sha256=file.sha256,
        size=file.size or 0,
        by=by,
        at=at,
    )


def _products(request: HttpRequest, partner: Partner) -> QuerySet[Product]:
    return queries.products(to=who(request), at=when(request)).filter(partner=partner)


def _page(
    request: HttpRequest, partner: Partner, door: str, refusal: files.Refusal | None = None
) -> HttpResponse:
    by, at = who(request), when(request)
    rows = vex.documents(to=by, at=at).filter(product__partner=partner).select_related("product")
    listed = list(rows.order_by("-received_at", "pk")[:SHOWN])
    counts = vex.counts([row.pk for row in listed])
    context = {
        "as_of": words.as_of(at),
        "partner": partner,
        "frame": "portal/frame.html" if door == "portal" else "base.html",
        "is_portal": door == "portal",
        "documents": [view(row, counts[row.pk], door=door, at=at) for row in listed],
        "products": list(_products(request, partner).order_by("name").values("slug", "name")),
        "may_give": access.allows_somewhere(
            by, Act.DOCUMENT_GIVE, AnswerDocument.resource_type(), at=at
        ),
        "limit": f"{vex_documents.MAX_BYTES // 2**20} MiB",
        "error": refusal.text if refusal else "",
    }
    status = refusal.status if refusal else 200
    return render(request, "partners/vex.html", context, status=status)


@contact
@require_safe
def own_page(request: HttpRequest, partner: Partner, pk: UUID) -> HttpResponse:
    """Show a partner what became of one VEX document; htmx asks for the changing part alone."""
    return _document(request, pk, "portal", {"partner": partner})


@staff
@require_safe
def page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show our people what became of one VEX document."""
    return _document(request, pk, "partners", {})


def _document(request: HttpRequest, pk: UUID, door: str, context: dict[str, Any]) -> HttpResponse:
    at = when(request)
    rows = vex.documents(to=who(request), at=at).select_related("product__partner")
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    found = vex.statements(row, after=request.GET.get("after", ""))
    address = reverse(f"{door}:vex_document", args=[pk])
    context = {
        "frame": "portal/frame.html" if door == "portal" else "base.html",
        "is_portal": door == "portal",
        "partner": row.product.partner,
        "document": view(row, vex.counts([pk])[pk], door=door, at=at),
        "statements": [_statement(one) for one in found.rows],
        "next_url": f"{address}?after={found.next_after}" if found.next_after else "",
        "is_first": not request.GET.get("after"),
        "as_of": words.as_of(at),
        **context,
    }
    is_part = request.headers.get("HX-Request") == "true"
    name = "partners/vex_part.html" if is_part else "partners/vex_document.html"
    return render(request, name, context)


def _statement(row: Mapping[str, Any]) -> dict[str, Any]:
    is_usable = row["standing"] != Standing.UNUSABLE
    return {
        **row,
        "state": STANDINGS[row["standing"]],
        "says": Status(row["status"]).label if row["status"] else "nothing that we know",
        "about": row["subject"] or ("the whole product" if is_usable else "not said"),
    }


def view(row: AnswerDocument, counts: dict[str, int], *, door: str, at: datetime) -> dict[str, Any]:
    """Return a document as lists and its page show it."""
    pending = row.outcome == Taking.PENDING
    failed = (
        pending and Job.objects.filter(key=vex_documents.job_key(row), state=JobState.DEAD).exists()
    )
    return {
        "url": reverse(f"{door}:vex_document", args=[row.pk]),
        "name": row.file or row.format,
        "product": row.product.name,
        "author": row.author,
        "format": row.format,
        "received": words.moment(row.received_at, zone=ZoneInfo("UTC"), at=at),
        "outcome": FAILED if failed else _outcome(row, counts),
        "is_pending": pending and not failed,
        "sentence": _sentence(row, counts, has_failed=failed),
        "counts": [(STANDINGS[Standing(name)], number) for name, number in counts.items()],
        "problems": row.problems,
        "unlisted": max(0, row.problems_count - len(row.problems)),
    }


def _outcome(row: AnswerDocument, counts: dict[str, int]) -> State:
    """Say that a document was read; in part where statements of it say nothing to us."""
    if counts[Standing.UNRESOLVED] or counts[Standing.UNUSABLE]:
        return State("Read in part", "warn", "warn")
    return OUTCOMES[Taking(row.outcome)]


def _sentence(row: AnswerDocument, counts: dict[str, int], *, has_failed: bool) -> str:
    if has_failed:
        return (
            "Something broke here while reading it. Nothing was changed, and our people have "
            f"been told. The reference is {row.pk}."
        )
    if row.outcome == Taking.PENDING:
        return "You may leave this page; reading goes on."
    if row.outcome == Taking.REJECTED:
        return "Nothing of it was taken. Correct what is listed below and hand it over again."
    total = sum(counts.values())
    if not total:
        return "It makes no statement."
    named = {
        Standing.APPLIED: "applied",
        Standing.TO_REVIEW: "to be reviewed",
        Standing.REJECTED: "rejected",
        Standing.UNRESOLVED: "about no component of the current SBOM",
        Standing.UNUSABLE: "not usable",
    }
    parts = [f"{counts[one]:,} {text}" for one, text in named.items() if counts[one]]
    return f"{words.count(total, 'statement')}: {', '.join(parts)}."
