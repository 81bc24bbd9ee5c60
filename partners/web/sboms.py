"""One bill of materials: what changed since the last, how good it is, and the file to take."""

from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from governance.board import when, who
from partners import queries
from partners.domain import grading
from partners.models import Intake, Partner, Sbom
from partners.queries import diffs, sboms
from partners.queries.diffs import Change, Counts, Kind, Way
from partners.sbom import writer
from partners.web import rows, words
from partners.web.doors import contact, staff

SHOWN = 20
KINDS = {
    Kind.CHANGED: "Version changed",
    Kind.ADDED: "Added",
    Kind.REMOVED: "Removed",
    Kind.RELICENSED: "License changed",
    Kind.REHASHED: "Hash changed",
}
WAYS = {Way.UP: "newer", Way.DOWN: "older", Way.UNORDERED: "order unknown", "": ""}


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One component that differs, as pages show it."""

    component: str
    qualifiers: str
    before: str
    after: str
    way: str
    is_down: bool


@contact
@require_safe
def own_page(request: HttpRequest, partner: Partner, pk: UUID) -> HttpResponse:
    """Show a document of the contact's own partner."""
    context = _context(request, pk, door="portal")
    return render(request, "portal/sbom.html", {**context, "partner": partner})


@staff
@require_safe
def page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a document to our people."""
    return render(request, "partners/sbom.html", _context(request, pk, door="partners"))


@contact
@require_safe
def own_file(request: HttpRequest, partner: Partner, pk: UUID) -> HttpResponse:
    """Hand a document of the contact's own partner out as CycloneDX."""
    return _file(request, pk)


@staff
@require_safe
def file(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Hand a document out as CycloneDX."""
    return _file(request, pk)


def _file(request: HttpRequest, pk: UUID) -> HttpResponse:
    at = when(request)
    sbom = _sbom(request, pk)
    body = writer.to_cyclonedx(
        sboms.parts(sbom),
        subject=sbom.subject_name or sbom.product.name,
        subject_version=sbom.subject_version,
        serial=uuid5(NAMESPACE_URL, sbom.ref),
        at=at,
    )
    name = f"{sbom.product.slug}-{sbom.received_at:%Y-%m-%d}.cdx.json"
    return HttpResponse(
        body,
        content_type="application/vnd.cyclonedx+json; version=1.6",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _sbom(request: HttpRequest, pk: UUID) -> Sbom:
    found = sboms.sboms(to=who(request), at=when(request)).filter(pk=pk)
    sbom = found.select_related("product__partner", "product__site", "previous").first()
    if sbom is None:
        raise Http404
    return sbom


def _context(request: HttpRequest, pk: UUID, *, door: str) -> dict[str, Any]:
    at = when(request)
    sbom = _sbom(request, pk)
    intake = Intake.objects.filter(sbom=sbom).first()
    utc = ZoneInfo("UTC")
    return {
        "as_of": words.as_of(at),
        "sbom": sbom,
        "received": words.moment(sbom.received_at, zone=utc, at=at),
        "format": f"{FORMATS[sbom.format]} {sbom.spec_version}",
        "intake": intake,
        "file_url": reverse(f"{door}:sbom_file", args=[sbom.pk]),
        **_quality(sbom),
        **_compared(request, sbom, door),
        **_findings(request, intake, door),
    }


FORMATS = {
    "cyclonedx-json": "CycloneDX JSON",
    "cyclonedx-xml": "CycloneDX XML",
    "spdx-json": "SPDX JSON",
    "spdx-tag-value": "SPDX tag-value",
    "spdx-3": "SPDX",
}


def _quality(sbom: Sbom) -> dict[str, Any]:
    return {"parts": grading.kept(sbom.quality_parts).parts if sbom.quality_parts else ()}


def _compared(request: HttpRequest, sbom: Sbom, door: str) -> dict[str, Any]:
    previous = sbom.previous
    if previous is None:
        return {"previous": None}
    counts = diffs.counts(previous.pk, sbom.pk)
    wanted = request.GET.get("kind", "")
    kind = Kind(wanted) if wanted in set(Kind) else _first(counts)
    place = _page(request)
    listed = diffs.changes(
        previous.pk, sbom.pk, kind=kind, limit=diffs.LISTED + 1, offset=place * diffs.LISTED
    )
    own = f"?kind={kind}&page="
    return {
        "previous": previous,
        "previous_received": words.day(previous.received_at),
        "previous_url": reverse(f"{door}:sbom", args=[previous.pk]),
        "counts": [(one, title, getattr(counts, one)) for one, title in KINDS.items()],
        "total": counts.total,
        "kind": kind,
        "kind_title": KINDS[kind],
        "changes": [_row(one) for one in listed[: diffs.LISTED]],
        "earlier": f"{own}{place - 1}" if place else "",
        "later": f"{own}{place + 1}" if len(listed) > diffs.LISTED else "",
    }


def _page(request: HttpRequest) -> int:
    text = request.GET.get("page", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _first(counts: Counts) -> Kind:
    """Return the first kind that has something to show."""
    return next((kind for kind in KINDS if getattr(counts, kind)), Kind.CHANGED)


def _row(change: Change) -> ChangeRow:
    return ChangeRow(
        component=change.component,
        qualifiers=change.qualifiers,
        before=", ".join(change.before),
        after=", ".join(change.after),
        way=WAYS[change.way],
        is_down=change.way == Way.DOWN,
    )


def _findings(request: HttpRequest, intake: Intake | None, door: str) -> dict[str, Any]:
    if intake is None:
        return {}
    by, at = who(request), when(request)
    both = {
        "opened": sboms.opened(intake, to=by, at=at),
        "closed": sboms.closed(intake, to=by, at=at),
    }
    page_name = f"{door}:finding"
    return {
        name: [
            rows.row(values, at=at, page=page_name)
            for values in queries.rows(found).order_by("due_at", "id")[:SHOWN]
        ]
        for name, found in both.items()
    }
