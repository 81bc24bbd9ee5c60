"""``/incidents/report/``: the report of a period, for everything or one site, on one page."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from governance import access
from governance.board import when, who
from governance.domain.actor import Actor
from governance.errors import BadInput, NotFound
from governance.models import Site
from incidents.domain import report_duties, spans
from incidents.domain import report_words as say
from incidents.domain.incidents import Kind
from incidents.domain.reports import RANKED_FROM, SiteLine, Tile
from incidents.domain.spans import Period
from incidents.domain.verdicts import Finding
from incidents.models import Incident
from incidents.permissions import Act
from incidents.queries import report_data, report_files, reporting
from incidents.queries.reporting import Report
from incidents.web import report_strips

_STANDING = {
    Finding.TARGET_SHOWN: "ok",
    Finding.WORSE: "warn",
    Finding.BETTER: "warn",
    Finding.BETTER_TARGET_ON_ESTIMATE: "warn",
    Finding.NO_CHANGE: "wait",
    Finding.NOT_ENOUGH_DATA: "none",
}
_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json", "pdf": "application/pdf"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A tile as the page shows it."""

    label: str
    value: str
    figures: str
    standing: str
    words: str
    reason: str
    basis: str

    @property
    def tone(self) -> str:
        """The color class; what cannot be judged has none."""
        return self.standing if self.standing in ("ok", "warn") else "none"


@dataclass(frozen=True, slots=True)
class Choice:
    """A link that keeps the page and changes one thing."""

    label: str
    url: str
    is_current: bool = False


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show the report: ``?period=2026-Q3&site=leipzig&kind=drill``."""
    found, sites = _asked(request)
    held = report_data.data(found)
    context = {
        "report": found,
        "lede": say.lede(
            found.kind, found.period, scope(found), len(found.rows), found.ages, at=found.at
        ),
        "tiles": [_shown(tile) for tile in found.tiles],
        "strips": report_strips.strips(found),
        "sites": [
            Choice(site.name, _address(found, site=site.slug), site == found.site) for site in sites
        ],
        "periods": _periods(found),
        "kinds": [
            Choice(label, _address(found, kind=kind.value), kind is found.kind)
            for kind, label in ((Kind.LIVE, "Live incidents"), (Kind.DRILL, "Drills"))
        ],
        "files": [Choice(name.upper(), _address(found, name=f"report_{name}")) for name in _TYPES],
        "lines": _lines(found),
        "metrics": [tile.metric.label for tile in found.tiles],
        "late": say.late(found.lateness),
        "duties": report_duties.lines(found.duties),
        "drills_url": "" if found.kind is Kind.DRILL else _address(found, kind=Kind.DRILL.value),
        "sha256": report_data.digest(held),
        "baselines": [tile for tile in found.tiles if tile.baseline],
        "ranked_from": RANKED_FROM,
        "now": found.at,
    }
    return render(request, "incidents/report.html", context)


@require_safe
def file(request: HttpRequest, form: str) -> HttpResponse:
    """Return the same report as a file: csv, json or pdf."""
    found, _ = _asked(request)
    response = HttpResponse(report_files.write(found, form), content_type=_TYPES[form])
    name = f"incidents-{found.site.slug}-{found.period.name}-{found.kind.value}.{form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def scope(found: Report) -> str:
    """Write what a report is about."""
    return "all sites" if found.is_whole else found.site.name


def _asked(request: HttpRequest) -> tuple[Report, list[Site]]:
    """Return the report that the address asks for, and the scopes that the actor may choose.

    Raises:
        BadInput: no period that can be read, or no kind.
        NotFound: no such site, or none for this actor.
    """
    by, at = who(request), when(request)
    sites = _scopes(by, request)
    slug = request.GET.get("site", "").replace("\0", "")
    site = next((one for one in sites if not slug or one.slug == slug), None)
    if site is None:
        raise NotFound("There is no such site, or none for you.")
    try:
        text = request.GET.get("period", "")
        period = spans.parse(text) if text else spans.quarter_of(at)
    except ValueError as error:
        raise BadInput(str(error), pointer="/period") from error
    kind = request.GET.get("kind", Kind.LIVE.value)
    if kind not in list(Kind):
        raise BadInput("kind: write live or drill", pointer="/kind")
    found = reporting.gather(site=site, period=period, kind=Kind(kind), to=by, at=at)
    return found, sites


def _scopes(by: Actor, request: HttpRequest) -> list[Site]:
    """Return what the actor may read as a whole: the enterprise, regions and sites."""
    at = when(request)
    every = Site.objects.exclude(kind="area").order_by("path")
    return [
        site for site in every if access.allows(by, Act.INCIDENT_READ, Incident(site=site), at=at)
    ]


def _shown(tile: Tile) -> Shown:
    standing = "wait" if tile.said.is_provisional else _STANDING[tile.said.finding]
    return Shown(
        label=tile.metric.label,
        value=say.value(tile.summary),
        figures=say.figures_line(tile.summary),
        standing=standing,
        words=tile.said.words,
        reason=say.verdict_line(tile),
        basis=say.basis(tile.summary),
    )


def _lines(found: Report) -> list[tuple[SiteLine, list[str], str]]:
    return [
        (
            line,
            [say.site_figure(line, tile, RANKED_FROM) for tile in found.tiles],
            _address(found, site=line.slug) if line.slug else "",
        )
        for line in found.sites
    ]


def _periods(found: Report) -> list[Choice]:
    shown: list[Period] = [found.period.before(), found.period]
    if found.period.end <= found.at:
        shown.append(found.period.after())
    return [
        Choice(one.name, _address(found, period=one.name), one == found.period) for one in shown
    ]


def _address(found: Report, *, name: str = "report", **changed: str) -> str:
    query: dict[str, Any] = {
        "period": found.period.name,
        "site": found.site.slug,
        "kind": found.kind.value,
        **changed,
    }
    return f"{reverse(f'incidents:{name}')}?{urlencode(query)}"
