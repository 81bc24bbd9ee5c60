"""What the programme measures of partners. Each figure drills to its records."""

from datetime import datetime
from functools import partial
from urllib.parse import urlencode

from django.db.models import Count, F, Q
from django.urls import reverse

from catalog.queries import sharing
from governance.models import Site
from governance.registries import Measure, Reading, Unit
from partners.models import Finding, FindingState, Partner, Tier
from partners.queries import PERIOD, sites_below

CRITICAL = Q(band="critical")
ENDED = (FindingState.FIXED, FindingState.MITIGATED)


def patched_in_time(
    which: Q, word: str, severity: str, site_id: int | None, at: datetime
) -> Reading:
    """Return closed by due ÷ all findings that fell due in the last 90 days.

    Open ones count as late, so that what nobody fixes cannot vanish from the figure;
    withdrawn ones were never ours to fix, and those waived on their due date count apart.
    """
    since = at - PERIOD
    counted = (
        Finding.objects.filter(which, due_at__gte=since, due_at__lt=at)
        .exclude(state=FindingState.WITHDRAWN)
        .exclude(waived_from__lte=F("due_at"), waived_until__gte=F("due_at"))
        .filter(product__site__in=sites_below(site_id))
        .aggregate(
            due=Count("pk"),
            met=Count("pk", filter=Q(state__in=ENDED, ended_at__lte=F("due_at"))),
        )
    )
    return _share(
        counted["met"],
        counted["due"],
        at=at,
        url=_findings(site_id, severity=severity, due="past90", state="any"),
        note=f"No data yet: no {word} finding has fallen due.",
    )


def critical_partners_with_rules(site_id: int | None, at: datetime) -> Reading:
    """Return critical partners whose sharing is covered by rules in force ÷ all critical ones."""
    found = Partner.objects.filter(tier=Tier.CRITICAL)
    if site_id is not None:
        found = found.filter(products__site__in=sites_below(site_id)).distinct()
    covered = sharing.coverage(found.values_list("party", flat=True), at=at)
    return _share(
        sum(one.is_whole for one in covered.values()),
        len(covered),
        at=at,
        url=f"{reverse('partners:list')}?tier=critical",
        note="No data yet: no partner is registered as critical.",
    )


def _share(met: int, all_: int, *, at: datetime, url: str, note: str) -> Reading:
    return Reading(
        value=100 * met / all_ if all_ else None,
        as_of=at,
        numerator=met if all_ else None,
        denominator=all_ if all_ else None,
        records_url=url,
        note="" if all_ else note,
    )


def _findings(site_id: int | None, **choices: str) -> str:
    if site_id is not None:
        choices["site"] = Site.objects.values_list("slug", flat=True).get(pk=site_id)
    return f"{reverse('partners:findings')}?{urlencode(choices)}"


MEASURES = {
    "critical_patches_in_time": Measure(
        title="Critical patches in 14 days",
        unit=Unit.PERCENT,
        target=100.0,
        better="higher",
        definition=(
            "Critical findings due in the last 90 days that a newer SBOM or an accepted answer "
            "ended by their due date, out of all that fell due, open ones included. Withdrawn "
            "and waived ones are left out."
        ),
        value=partial(patched_in_time, CRITICAL, "critical", "critical"),
    ),
    "other_patches_in_time": Measure(
        title="Other patches in 30 days",
        unit=Unit.PERCENT,
        target=100.0,
        better="higher",
        definition=(
            "Findings below critical, unrated ones included, due in the last 90 days that a "
            "newer SBOM or an accepted answer ended by their due date, out of all that fell due; "
            "withdrawn and waived ones are left out."
        ),
        value=partial(patched_in_time, ~CRITICAL, "other", "other"),
    ),
    "critical_partners_with_rules": Measure(
        title="Critical partners with sharing rules",
        unit=Unit.PERCENT,
        target=100.0,
        better="higher",
        definition=(
            "Partners of tier critical that have a sharing rule in force and no flow to them that "
            "none covers, out of all."
        ),
        value=critical_partners_with_rules,
    ),
}
