"""The programme's targets that incidents can tell: speed, drills, split of the work."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.urls import reverse

from governance.models import Site
from governance.registries import Measure, Reading, Unit
from incidents.domain.baselines import Baseline
from incidents.domain.durations import Duration, Metric, measure
from incidents.domain.incidents import Kind, Phase, Severity
from incidents.domain.metrics import BOUNDS, TARGET_RATIOS, Cohort, cohort
from incidents.domain.milestones import Milestone, MilestoneKind
from incidents.domain.periods import quarter
from incidents.domain.verdicts import Finding, verdict
from incidents.models import Incident, MilestoneEntry
from incidents.queries import baselines, milestones

WINDOW = timedelta(days=90)
_UNCOUNTED = [one.value for one in Phase if not one.counts_in_metrics]


def within(site_id: int | None) -> QuerySet[Site]:
    """Return the site and everything below it, all sites for None."""
    if site_id is None:
        return Site.objects.all()
    site = Site.objects.filter(pk=site_id).first()
    return Site.objects.below(site) if site else Site.objects.none()


def _records(site_id: int | None, **query: str) -> str:
    if site_id is not None:
        query["site"] = str(Site.objects.filter(pk=site_id).values_list("slug", flat=True).first())
    return f"{reverse('incidents:list')}?{urlencode(query)}"


def speed(metric: Metric, site_id: int | None, at: datetime) -> Reading:
    """Compare the 90 days up to ``at`` with the 90 before, by the date of detection.

    The value is the change of the geometric mean in percent, negative for faster. Drills
    and dismissed incidents stay out; open ones count for as long as they have run. A frozen
    baseline takes the place of the 90 days before, and its length that of the 90 up to now.
    Without one, and between its days of judgment, the figure is provisional: it is shown
    without a verdict.
    """
    address = _records(site_id, state="all", kind="live")
    frozen = _frozen(metric, site_id, at)
    before, now = _windows(metric, site_id, at, WINDOW if frozen is None else frozen.length)
    past = before.observations if frozen is None else frozen.observations
    held = len(past) + len(now.observations)
    if not held:
        name = metric.label.lower()
        note = f"No data yet: no live incident of the last 180 days has a {name}"
        return Reading(None, at, records_url=address, note=note)
    said = verdict(
        past,
        now.observations,
        bounds=BOUNDS[metric] if frozen is None else frozen.bounds,
        target=TARGET_RATIOS[metric] if frozen is None else frozen.target,
        strata=[one.value for one in Severity],
        weights=None if frozen is None else frozen.weights,
        is_judged=frozen is not None and frozen.judges((at - timedelta(days=1)).date()),
    )
    if said.finding is Finding.NOT_ENOUGH_DATA or said.ratio is None:
        return Reading(None, at, records_url=address, note=said.words)
    basis = f"{len(past)} incidents before, {len(now.observations)} now"
    since = "no baseline is frozen yet" if frozen is None else f"frozen {frozen.frozen_at:%Y-%m-%d}"
    note = f"{said.words}: {said.reason}; {basis}, {since}"
    return Reading(100 * (said.ratio.value - 1), at, records_url=address, note=note)


def _frozen(metric: Metric, site_id: int | None, at: datetime) -> Baseline | None:
    chosen = {"parent": None} if site_id is None else {"pk": site_id}
    site = Site.objects.filter(**chosen).first()
    return baselines.rolling(site, metric, at=at) if site else None


def _windows(
    metric: Metric, site_id: int | None, at: datetime, length: timedelta
) -> tuple[Cohort, Cohort]:
    since = at - 2 * length
    detected = MilestoneEntry.objects.filter(
        kind=MilestoneKind.DETECTED.value, starts_at__gt=since, starts_at__lte=at
    )
    incidents = Incident.objects.filter(
        pk__in=detected.values("incident"), kind=Kind.LIVE.value, site__in=within(site_id)
    ).exclude(phase__in=_UNCOUNTED)
    severities = dict(incidents.order_by().values_list("pk", "severity"))
    sides: tuple[list[tuple[Duration, str]], list[tuple[Duration, str]]] = ([], [])
    for key, held in milestones.known(incidents, at=at).items():
        instant = _detected(held.values())
        if instant is not None and since < instant <= at:
            side = sides[instant > at - length]
            side.append((measure(metric, held, at=at), severities[key]))
    return cohort(sides[0]), cohort(sides[1])


def _detected(held: Iterable[Milestone]) -> datetime | None:
    for one in held:
        if one.kind is MilestoneKind.DETECTED and one.interval is not None:
            return one.interval.midpoint
    return None


def time_to_detect(site_id: int | None, at: datetime) -> Reading:
    """Return the change of the time to detect; see `speed`."""
    return speed(Metric.TTD, site_id, at)


def time_to_restore(site_id: int | None, at: datetime) -> Reading:
    """Return the change of the time to restore, "MTTR"; see `speed`."""
    return speed(Metric.TTR, site_id, at)


def drills(site_id: int | None, at: datetime) -> Reading:
    """Return the share of sites that closed a drill in the quarter of ``at``, up to ``at``."""
    address = _records(site_id, state="all", kind="drill")
    sites = within(site_id).filter(kind="site")
    total = sites.count()
    this = quarter(at)
    if not total:
        return Reading(None, at, records_url=address, note="No data yet: there is no site")
    held = Incident.objects.filter(kind=Kind.DRILL.value, closed_at__lte=at)
    if not held.filter(site__in=within(site_id)).exists():
        last = this.end - timedelta(days=1)
        note = f"No data yet: no drill was closed so far; {this.name} ends {last:%b} {last.day}"
        return Reading(None, at, records_url=address, note=note)
    recent = held.filter(closed_at__gte=this.start).values_list("site__path", flat=True)
    done = _sites_of(sites, set(recent))
    note = f"{this.name}, up to now"
    return Reading(100 * done / total, at, done, total, address, note)


def _sites_of(sites: QuerySet[Site], paths: set[str]) -> int:
    """Count the sites at which something happened; an area counts for its site."""
    held = Q(pk__in=[])
    for path in paths:
        steps = path.split("/")
        held |= Q(path__in=["/".join(steps[: end + 1]) for end in range(len(steps))])
    return sites.filter(held).count()


def work_split(site_id: int | None, at: datetime) -> Reading:
    """Return the share of tooling in the work: nobody books hours yet, so there is none."""
    return Reading(None, at, note="No data yet: hours of tooling and responders are not booked")


_COMPARED = (
    "Change of the geometric mean between the 90 days up to now and the 90 before, over live "
    "incidents by the date of detection, standardized to the earlier mix of severities. "
    "Open incidents count for as long as they have run; dismissed ones and drills never."
)
MEASURES = {
    "time_to_detect": Measure(
        "Time to detect",
        Unit.RATIO_CHANGE,
        -50,
        "lower",
        f"From the first compromise to its detection. {_COMPARED}",
        time_to_detect,
    ),
    "time_to_restore": Measure(
        "Time to restore (MTTR)",
        Unit.RATIO_CHANGE,
        -40,
        "lower",
        f"From detection to restored operation. {_COMPARED}",
        time_to_restore,
    ),
    "drills": Measure(
        "Drills this quarter",
        Unit.PERCENT,
        100,
        "higher",
        "Sites with a drill that was closed in this calendar quarter, over all sites.",
        drills,
    ),
    "work_split": Measure(
        "Work done by tooling",
        Unit.PERCENT,
        60,
        "higher",
        "Booked hours of automated tooling over all booked hours; planned are 60% tooling and "
        "40% responders, with 20% of both reserved for helping partners.",
        work_split,
    ),
}
