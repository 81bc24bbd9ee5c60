"""The report of a period, for the pages, the files and the command alike."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from governance import access, registries
from governance.domain.actor import Actor
from governance.domain.garbage import uncollected
from governance.models import Site
from governance.registries import Reading
from incidents.domain import reports
from incidents.domain.durations import Metric
from incidents.domain.incidents import Kind
from incidents.domain.observed import METRICS, Observed, within
from incidents.domain.report_duties import Duties
from incidents.domain.reports import Age, Lateness, Restated, SiteLine, Tile
from incidents.domain.spans import Period
from incidents.models import Incident
from incidents.permissions import Act
from incidents.queries import baselines, observed, report_duties

SLA = ("critical_patches_in_time", "other_patches_in_time", "backup_validation")
"""Measures of lower apps that leaders read on the same page."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the report says, whoever shows it and how."""

    period: Period
    kind: Kind
    at: datetime
    site: Site
    tiles: tuple[Tile, ...]
    rows: tuple[Observed, ...]
    sites: tuple[SiteLine, ...]
    ages: tuple[Age, ...]
    restated: tuple[Restated, ...]
    lateness: Lateness
    duties: Duties
    sla: tuple[tuple[str, Reading], ...]

    @property
    def is_whole(self) -> bool:
        """Whether it is about the whole enterprise."""
        return self.site.parent_id is None


def gather(*, site: Site, period: Period, kind: Kind, to: Actor, at: datetime) -> Report:
    """Return the report of ``site`` and everything below it.

    It is one report with one scope: whoever may not see all of the scope gets none of it, and
    so each level adds up to the one above.

    Raises:
        NotAllowed: ``to`` may not read incidents at ``site``.
    """
    at = at.replace(microsecond=0)
    access.require(to, Act.INCIDENT_READ, Incident(site=site), at=at)
    below = Site.objects.below(site)
    seen = access.visible(
        Incident.objects.filter(site__in=below), to=to, act=Act.INCIDENT_READ, at=at
    )
    until = min(period.end, at)
    with uncollected():
        rows = observed.between(
            seen, kind=kind, start=period.before().start, end=period.end, at=at, then=until
        )
    mine = within(rows, Metric.TTR, period.holds)
    # Drills are held against drills, of which none is frozen.
    frozen = baselines.in_force(site, start=period.start) if kind is Kind.LIVE else {}
    sites = below.filter(kind="site").order_by("name").values_list("slug", "name", "path")
    return Report(
        period=period,
        kind=kind,
        at=at,
        site=site,
        tiles=tuple(
            reports.tile(metric, rows, period, baseline=frozen.get(metric), at=at)
            for metric in METRICS
        ),
        rows=tuple(mine),
        sites=reports.site_lines(rows, period, sites),
        ages=reports.ages(observed.open_ones(seen, kind=kind, at=at), at=at),
        restated=reports.restated(mine) if at > period.end else (),
        lateness=reports.lateness(mine),
        duties=report_duties.gather(seen, kind=kind, period=period, at=at),
        sla=tuple(_sla(site, at)) if kind is Kind.LIVE else (),
    )


def _sla(site: Site, at: datetime) -> Iterable[tuple[str, Reading]]:
    scope = None if site.parent_id is None else site.pk
    for slug in SLA:
        measure = registries.measures.get(slug)
        if measure is not None:
            yield measure.title, measure.value(scope, at)
