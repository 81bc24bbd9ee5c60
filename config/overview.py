"""The overview as plain values: programme targets, their trend, sites, waiting decisions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import partial

from config import wording
from governance import access, registries
from governance.actions import measuring
from governance.charts import sparks
from governance.domain.actor import Actor
from governance.models import MeasureSample, Site
from governance.permissions import Act
from governance.registries import Duty, Measure, Reading

WEEKS = 13
ORDER = (
    "asset_baseline",
    "critical_partners_with_rules",
    "access_requests_in_4_hours",
    "critical_patches_in_time",
    "other_patches_in_time",
    "second_factors",
    "time_to_detect",
    "time_to_restore",
    "audit_integrity",
    "access_reviews",
    "drills",
    "backup_validation",
    "recovery_test",
    "work_split",
)
"""Tiles in the order that leaders read them; measures not named here come last."""
FEWEST_CASES = 5
SHOWN_DUTIES = 10


class Standing(StrEnum):
    """How a figure stands to its target; tiles show it as icon, word and color."""

    MET = "ok"
    SHORT = "warn"
    OPEN = "wait"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The words of the metric rules, and why."""

    standing: Standing
    words: str
    reason: str = ""

    @property
    def tail(self) -> str:
        """Return the reason as it follows the words: "Below target by 0.6 points"."""
        return (
            self.reason and f"{' ' if self.reason.startswith(('by ', '(')) else ': '}{self.reason}"
        )

    @property
    def tone(self) -> str:
        """Return the color class; what cannot be judged has none."""
        return self.standing if self.standing in (Standing.MET, Standing.SHORT) else "none"


@dataclass(frozen=True, slots=True)
class Tile:
    """One target."""

    slug: str
    measure: Measure
    reading: Reading
    figure: str
    goal: str
    verdict: Verdict
    basis: str
    chart: sparks.Spark


@dataclass(frozen=True, slots=True)
class Cell:
    """What a site says of one measure; ``text`` never is a bare dash."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A waiting decision."""

    duty: Duty
    left: str
    tone: str


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that the page shows."""

    at: datetime
    site: Site | None
    sites: tuple[Site, ...]
    has_all_sites: bool
    lede: str
    tiles: tuple[Tile, ...]
    by_site: tuple[tuple[Tile, tuple[Cell, ...]], ...]
    sampled_on: date | None
    weeks: tuple[date, ...]
    duties: tuple[Line, ...]
    more_duties: int


# The words that a measure may put in front of its note, from the metric rules.
_GIVEN = {
    "Provisional": Standing.OPEN,
    "Target shown": Standing.MET,
    "Better; target not shown": Standing.SHORT,
    "Worse": Standing.SHORT,
    "No evidence of change": Standing.OPEN,
    "Not enough data": Standing.NONE,
    "No data yet": Standing.NONE,
}


def compose(actor: Actor, *, site: str | None, at: datetime) -> Overview:
    """Return what ``actor`` sees of ``site`` and below, of everything for None.

    Somebody whose role holds at single sites only starts at the first of them.

    Raises:
        NotAllowed: the measures of that scope are not for ``actor``.
        Site.DoesNotExist: no such site, or not one that ``actor`` sees.
    """
    sites = tuple(
        access.visible(Site.objects.filter(kind="site"), to=actor, act=Act.SITE_READ, at=at)
    )
    has_all = access.allows(actor, Act.MEASURE_READ, MeasureSample(), at=at)
    chosen = _chosen(sites, site)
    if site is None and not has_all and sites:
        chosen = sites[0]
    access.require(actor, Act.MEASURE_READ, MeasureSample(site=chosen), at=at)
    weeks = tuple(at.date() - timedelta(weeks=ago) for ago in reversed(range(WEEKS)))
    tiles = _tiles(chosen, weeks, at)
    by_site, sampled_on = ((), None) if chosen else _by_site(actor, sites, tiles, at)
    lines = _duties(actor, at)
    return Overview(
        at=at,
        site=chosen,
        sites=sites,
        has_all_sites=has_all,
        lede=lede(tile.verdict for tile in tiles),
        tiles=tiles,
        by_site=by_site,
        sampled_on=sampled_on,
        weeks=weeks,
        duties=tuple(lines[:SHOWN_DUTIES]),
        more_duties=max(0, len(lines) - SHOWN_DUTIES),
    )


def _chosen(sites: Sequence[Site], slug: str | None) -> Site | None:
    if slug is None:
        return None
    for site in sites:
        if site.slug == slug:
            return site
    raise Site.DoesNotExist(slug)


def verdict(measure: Measure, reading: Reading) -> Verdict:
    """Judge a reading; a note that opens with words of the metric rules decides itself."""
    for words, standing in _GIVEN.items():
        if reading.note.startswith(words):
            return Verdict(standing, words, reading.note.removeprefix(words).lstrip(":;, "))
    if reading.value is None:
        return Verdict(Standing.NONE, "No data yet", reading.note)
    gap = reading.value - measure.target
    if (gap >= 0) if measure.better == "higher" else (gap <= 0):
        return Verdict(Standing.MET, "Target met", reading.note)
    by = f"by {wording.points(reading.value, measure)} points"
    return Verdict(Standing.SHORT, "Below target", "; ".join(filter(None, (by, reading.note))))


def lede(verdicts: Iterable[Verdict]) -> str:
    """Say the page in one sentence."""
    every = [verdict.standing for verdict in verdicts]
    if not every:
        return "No target is measured yet."
    met, missed = every.count(Standing.MET), every.count(Standing.SHORT)
    open_ = len(every) - met - missed
    targets = "target" if len(every) == 1 else "targets"
    are = "is" if met == 1 else "are"
    whole = f"{wording.count(len(every))} {targets}"
    said = [f"{wording.count(met).capitalize() if met else 'None'} of {whole} {are} met"]
    if missed:
        said.append(f"{wording.count(missed)} {'is' if missed == 1 else 'are'} missed")
    if open_:
        said.append(f"{wording.count(open_)} cannot be judged yet")
    return ", ".join(said) + "."


def _rank(entry: tuple[str, Measure]) -> int:
    return ORDER.index(entry[0]) if entry[0] in ORDER else len(ORDER)


def _tiles(site: Site | None, weeks: Sequence[date], at: datetime) -> tuple[Tile, ...]:
    kept = _trend(site, weeks, at)
    tiles = []
    for slug, measure in sorted(registries.measures, key=_rank):
        reading = measuring.read(slug, site=site, at=at)
        series = [kept.get((slug, week)) for week in weeks[:-1]] + [reading.value]
        tiles.append(
            Tile(
                slug=slug,
                measure=measure,
                reading=reading,
                figure="" if reading.value is None else wording.figure(reading.value, measure),
                goal=wording.goal(measure),
                verdict=verdict(measure, reading),
                basis=_basis(reading),
                chart=sparks.spark(
                    series,
                    title=f"{measure.title}, {WEEKS} weeks",
                    target=measure.target,
                    number=partial(wording.with_unit, measure=measure),
                ),
            )
        )
    return tuple(tiles)


def _basis(reading: Reading) -> str:
    if reading.denominator is None or reading.numerator is None:
        return ""
    return f"{reading.numerator:,} of {reading.denominator:,}"


def _trend(
    site: Site | None, weeks: Sequence[date], at: datetime
) -> dict[tuple[str, date], float | None]:
    """Return the last sample of each of the weeks that end on these days; one query."""
    rows = MeasureSample.objects.filter(
        site=site, day__gt=weeks[0] - timedelta(weeks=1), at__lte=at
    ).order_by("day")
    kept = {}
    for slug, day, value in rows.values_list("measure", "day", "value"):
        ago = max(0, (weeks[-1] - day).days) // 7
        kept[slug, weeks[-1 - ago]] = value
    return kept


def _by_site(
    actor: Actor, sites: Sequence[Site], tiles: Sequence[Tile], at: datetime
) -> tuple[tuple[tuple[Tile, tuple[Cell, ...]], ...], date | None]:
    """Return a row for each measure with the last sample of each site; one query for all."""
    allowed = access.visible(
        MeasureSample.objects.filter(site__in=sites, at__lte=at),
        to=actor,
        act=Act.MEASURE_READ,
        at=at,
    )
    last = allowed.order_by("measure", "site_id", "-day").distinct("measure", "site_id")
    found = {(row["measure"], row["site_id"]): row for row in last.values()}
    rows = tuple(
        (tile, tuple(_cell(tile, site, found.get((tile.slug, site.pk))) for site in sites))
        for tile in tiles
    )
    return rows, max((row["day"] for row in found.values()), default=None)


def _cell(tile: Tile, site: Site, row: Mapping[str, object] | None) -> Cell:
    if row is None or row["value"] is None:
        return Cell("no data yet")
    cases = row["denominator"]
    if isinstance(cases, int) and cases < FEWEST_CASES:
        return Cell(f"n = {cases}")
    value = float(str(row["value"]))
    return Cell(wording.with_unit(value, tile.measure), f"?site={site.slug}#{tile.slug}")


def _duties(actor: Actor, at: datetime) -> list[Line]:
    waiting = [duty for _, lines in registries.duties for duty in lines(actor, at)]
    waiting.sort(key=lambda duty: (duty.due_at is None, duty.due_at or at))
    return [_line(duty, at) for duty in waiting]


def _line(duty: Duty, at: datetime) -> Line:
    if duty.due_at is None:
        return Line(duty, "", "")
    left = wording.until(duty.due_at, at)
    if duty.due_at < at:
        return Line(duty, left, "bad")
    return Line(duty, left, "warn" if duty.due_at - at < timedelta(hours=1) else "")
