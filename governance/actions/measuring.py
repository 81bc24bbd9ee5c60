"""Readings of the programme's measures, now and kept over time."""

from datetime import datetime

from django.db import transaction

from governance import registries
from governance.access import require
from governance.domain.actor import Actor
from governance.models import MeasureSample, Site
from governance.permissions import Act
from governance.registries import Reading


def read(slug: str, *, site: Site | None, at: datetime) -> Reading:
    """Return what the measure ``slug`` says of ``site`` and below, or of everything.

    Raises:
        LookupError: no such measure.
    """
    measure = registries.measures.get(slug)
    if measure is None:
        raise LookupError(f"no measure {slug!r}")
    return measure.value(site.pk if site else None, at)


@transaction.atomic
def sample(*, by: Actor, at: datetime) -> int:
    """Keep today's reading of every measure and site; later ones of the day replace it.

    Raises:
        NotAllowed: ``by`` may not take samples.
    """
    require(by, Act.MEASURE_SAMPLE, MeasureSample(), at=at)
    sites: list[Site | None] = [None, *Site.objects.filter(kind="site")]
    rows = []
    for slug in registries.measures.names():
        for site in sites:
            reading = read(slug, site=site, at=at)
            rows.append(
                MeasureSample(
                    measure=slug,
                    site=site,
                    day=at.date(),
                    at=at,
                    value=reading.value,
                    numerator=reading.numerator,
                    denominator=reading.denominator,
                )
            )
    MeasureSample.objects.filter(day=at.date()).delete()
    return len(MeasureSample.objects.bulk_create(rows))
