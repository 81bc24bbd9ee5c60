"""The catalog's measure: how much of what we hold meets the baseline."""

from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse

from catalog.models import Asset
from governance.models import Site
from governance.registries import Measure, Reading, Unit


def baseline(site_id: int | None, at: datetime) -> Reading:
    """Return the share of live data assets with an owner, accepted labels and a site."""
    rows = Asset.objects.live().data()
    query = {"gap": "any"}
    if site_id is not None:
        site = Site.objects.filter(pk=site_id).first()
        if site is None:
            rows = rows.none()
        else:
            rows = rows.filter(site__in=Site.objects.below(site))
            query["site"] = site.slug
    address = f"{reverse('catalog:list')}?{urlencode(query)}"
    total = rows.count()
    if not total:
        return Reading(
            None,
            at,
            records_url=reverse("catalog:list"),
            note="No data yet: the first harvest of a system shows what it holds",
        )
    covered = rows.covered().count()
    return Reading(100 * covered / total, at, covered, total, address)


MEASURES = {
    "asset_baseline": Measure(
        "Assets with baseline coverage",
        Unit.PERCENT,
        99,
        "higher",
        "Live tables, views, files and feeds with an owner who is still here, a site, and an"
        " accepted label on every column (or on themselves, where they have none), over all of"
        " them. Columns count through their table; proposals do not count.",
        baseline,
    )
}
