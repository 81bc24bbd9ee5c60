"""The catalog's measure: how much of what we hold meets the baseline."""

from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse

from catalog.queries import coverage
from governance.models import Site
from governance.registries import Measure, Reading, Unit


def baseline(site_id: int | None, at: datetime) -> Reading:
    """Return the share of what counts that lacks nothing of the baseline."""
    scope = coverage.Scope()
    if site_id is not None:
        # A site that is gone is none: its slug finds nothing.
        slug = Site.objects.filter(pk=site_id).values_list("slug", flat=True).first()
        scope = coverage.Scope(site=slug or "?")
    figure = coverage.total(coverage.rows(scope), at=at)
    if not figure.counted:
        return Reading(
            None,
            at,
            records_url=reverse("catalog:list"),
            note="No data yet: the first harvest of a system shows what it holds",
        )
    address = reverse("catalog:coverage")
    if scope.site:
        address += f"?{urlencode({'site': scope.site})}"
    return Reading(figure.share, at, figure.complete, figure.counted, address)


MEASURES = {
    "asset_baseline": Measure(
        "Assets with baseline coverage",
        Unit.PERCENT,
        99,
        "higher",
        "Live data assets, systems and devices that lack nothing: an active business and technical"
        " owner (two persons where data are confidential), a site, a zone, a look by their source"
        " within 30 days, and for data an accepted label on every column and, where personal or"
        " confidential, a retention rule; over all of them without those exempt for a time."
        " Columns count through their table, proposals do not count.",
        baseline,
    )
}
