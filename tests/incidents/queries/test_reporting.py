"""The report: one query layer, whose levels add up and whose figures are those of the oracle."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.domain.actor import Actor
from governance.errors import NotAllowed
from governance.models import Site
from incidents.actions import freezing
from incidents.domain import spans
from incidents.domain.durations import Metric
from incidents.domain.incidents import Kind
from incidents.domain.metrics import BOUNDS
from incidents.domain.reports import NO_SITE, Tile, pooled
from incidents.models import MilestoneEntry
from incidents.queries import report_data, reporting
from incidents.queries.reporting import Report
from tests.builders.governance import a_site, the_enterprise
from tests.builders.incidents import a_responder
from tests.builders.reported import HOUR, Case, answer, recorded, scattered
from tests.incidents.domain.slow_clocks import Typed, took
from tests.incidents.domain.slow_figures import figures

pytestmark = pytest.mark.django_db
Q3 = spans.parse("2026-Q3")
AT = datetime(2026, 10, 5, tzinfo=UTC)


def report(to: Actor, site: Site | None = None, **over: object) -> Report:
    given = {"period": Q3, "kind": Kind.LIVE, "at": AT, **over}
    return reporting.gather(site=site or the_enterprise(), to=to, **given)  # type: ignore[arg-type]


def tile(found: Report, metric: Metric) -> Tile:
    return next(one for one in found.tiles if one.metric is metric)


def test_every_level_is_the_sum_of_the_level_below(commander: Actor) -> None:
    region = a_site(kind="region")
    sites = [a_site(parent=region), a_site(parent=region), a_site()]
    area = a_site(parent=sites[0], kind="area")
    cases = scattered([*sites, area, region], 120, start=Q3.start, days=92, seed=1)
    recorded(cases)
    whole = report(commander)
    assert sum(line.count for line in whole.sites) == len(whole.rows) == 120
    assert [line.name for line in whole.sites][-1] == NO_SITE
    for one in whole.tiles:
        excluded = sum(one.summary.excluded.values())
        assert pooled(whole.sites, one.metric) == (one.summary.n, one.summary.finished, excluded)
    below = report(commander, region)
    parts = [line for line in whole.sites if line.slug in (sites[0].slug, sites[1].slug)]
    assert [line for line in below.sites if line.slug] == parts
    alone = report(commander, sites[0])
    assert len(alone.rows) == parts[[line.slug for line in parts].index(sites[0].slug)].count
    assert sum(age.total for age in whole.ages) == sum(one.restore is None for one in cases)


def test_the_figures_are_those_of_the_slow_oracle(commander: Actor) -> None:
    """Corrected, retracted, unknown and late answers, read back from the database."""
    source, site, histories = random.Random(5), a_site(), []
    for case in scattered([site], 40, start=Q3.start, days=80, seed=5):
        (incident,) = recorded([case])
        typed = [_typed(kind, instant, 1) for kind, instant in case.times().items()]
        if source.random() < 0.5:
            kind = source.choice(("contained", "restored", "initial_compromise", "acknowledged"))
            seq = 1 + sum(one.kind == kind for one in typed)
            if source.random() < 0.5:
                instant = case.detected + timedelta(seconds=source.randrange(90_000))
                rows = [answer(incident, kind, instant, seq=seq, set_at=instant)]
                typed.append(_typed(kind, instant, seq))
            else:
                status = source.choice(("unknown", "never", "retracted"))
                rows = [answer(incident, kind, None, seq=seq, status=status)]
                typed.append(Typed(kind, seq, status, int(case.detected.timestamp())))
            MilestoneEntry.objects.bulk_create(rows)
        histories.append(typed)
    found = report(commander)
    for one in found.tiles:
        bounds = BOUNDS[one.metric]
        told = [took(one.metric.value, typed, int(AT.timestamp())) for typed in histories]
        plain = figures(told, floor=bounds.floor, top=bounds.top)
        said = one.summary
        excluded = {state.value: n for state, n in said.excluded.items()}
        assert (said.n, said.finished, excluded) == (plain.n, plain.finished, plain.excluded)
        for name in ("median", "p90", "geometric_mean", "survival_median"):
            ours, theirs = getattr(said, name), getattr(plain, name)
            assert (ours is None) == (theirs is None)
            assert ours is None or abs(ours.total_seconds() - theirs) < 0.5


def _typed(kind: str, instant: datetime, seq: int) -> Typed:
    wall = instant.replace(tzinfo=None)
    return Typed(kind, seq, "known", int(instant.timestamp()), wall=wall)


def test_live_and_drill_never_meet(commander: Actor) -> None:
    site = a_site()
    recorded([Case(site, Q3.start + HOUR), Case(site, Q3.start + 2 * HOUR, kind="drill")])
    live, drills = report(commander), report(commander, kind=Kind.DRILL)
    assert len(live.rows) == len(drills.rows) == 1
    assert {row.key for row in live.rows}.isdisjoint(row.key for row in drills.rows)


def test_whoever_may_not_see_the_whole_gets_none_of_it(commander: Actor) -> None:
    mine, other = a_site(), a_site()
    recorded([Case(mine, Q3.start + HOUR), Case(other, Q3.start + HOUR)])
    local = a_responder("site_operator", site=mine)
    assert [row.site for row in report(local, mine).rows] == [mine.slug]
    for site in (other, the_enterprise()):
        with pytest.raises(NotAllowed):
            report(local, site)


def test_corrections_after_the_period_are_listed(commander: Actor) -> None:
    first, second = recorded([Case(a_site(), Q3.start + HOUR), Case(a_site(), Q3.start + HOUR)])
    later = answer(first, "restored", Q3.start + 10 * HOUR, seq=2, set_at=Q3.end + HOUR)
    early = answer(second, "restored", Q3.start + 9 * HOUR, seq=2, set_at=Q3.start + 20 * HOUR)
    MilestoneEntry.objects.bulk_create([later, early])
    (one,) = report(commander).restated
    assert (one.reference, one.metric) == (first.reference, Metric.TTR)
    assert (one.was, one.now) == ("5\u00a0h", "9\u00a0h")


def test_the_edges_of_a_period_belong_to_one_period_each(commander: Actor) -> None:
    site = a_site()
    recorded([Case(site, Q3.start), Case(site, Q3.end), Case(site, Q3.end - timedelta(seconds=1))])
    assert len(report(commander).rows) == 2
    assert len(report(commander, period=Q3.after()).rows) == 1


def frozen(by: Actor, **over: object) -> None:
    given = {
        "metric": Metric.TTR,
        "site": the_enterprise(),
        "window": spans.parse("2026-Q2"),
        "target": 0.6,
        "judge_on": [date(2026, 9, 30)],
        "at": spans.parse("2026-Q2").end,
        **over,
    }
    freezing.freeze(by=by, **given)  # type: ignore[arg-type]


@pytest.fixture
def halved(commander: Actor) -> Actor:
    """Sixty incidents in each of two quarters, in the second five times faster."""
    sites, second = [a_site(), a_site()], spans.parse("2026-Q2")
    recorded(scattered(sites, 60, start=second.start, days=80, seed=2))
    recorded(scattered(sites, 60, start=Q3.start, days=80, seed=3, scale=0.2))
    return a_responder("board_member")


def test_without_a_baseline_the_verdict_is_withheld(halved: Actor) -> None:
    said = tile(report(halved), Metric.TTR).said
    assert (said.words, said.is_provisional) == ("Provisional", True)


def test_against_a_frozen_baseline_a_verdict_is_given_on_its_day(halved: Actor) -> None:
    frozen(halved)
    found = report(halved)
    one = tile(found, Metric.TTR)
    assert one.said.words == "Target shown"
    assert "baseline frozen 2026-07-01" in one.against
    early = tile(report(halved, at=AT - timedelta(days=9)), Metric.TTR)
    assert early.said.words == "Provisional"
    month = tile(report(halved, period=spans.parse("2026-08")), Metric.TTR)
    assert month.said.is_provisional


def test_a_frozen_baseline_is_not_moved_by_corrections(halved: Actor) -> None:
    frozen(halved)
    before = tile(report(halved), Metric.TTR).said
    past = MilestoneEntry.objects.filter(kind="restored", starts_at__lt=Q3.start)
    again = [
        answer(row.incident, "restored", row.starts_at + timedelta(days=9), seq=2, set_at=Q3.end)
        for row in past.select_related("incident")
    ]
    MilestoneEntry.objects.bulk_create(again)
    assert tile(report(halved), Metric.TTR).said == before


def test_goals_do_not_move_in_the_run(halved: Actor) -> None:
    frozen(halved)
    held = tile(report(halved), Metric.TTR)
    frozen(
        halved,
        window=Q3,
        target=0.99,
        judge_on=[date(2026, 12, 31), date(2027, 3, 31)],
        at=Q3.end,
    )
    assert tile(report(halved), Metric.TTR) == held


def test_the_digest_is_of_the_canonical_form(commander: Actor) -> None:
    recorded([Case(a_site(), Q3.start + HOUR)])
    held = report_data.document(report(commander))
    assert held["sha256"] == report_data.digest(held["data"])
    backwards = dict(reversed(held["data"].items()))
    assert report_data.digest(backwards) == held["sha256"]
    held["data"]["incidents"][0]["ttr"]["low_seconds"] += 1
    assert report_data.digest(held["data"]) != held["sha256"]


def test_one_line_for_each_incident(commander: Actor) -> None:
    site = a_site()
    recorded([Case(site, Q3.start + HOUR), Case(site, Q3.start + 2 * HOUR, restore=None)])
    head, done, still = report_data.as_csv(report(commander)).splitlines()
    assert head.startswith("reference,site,severity,kind,phase,detected_at,ttd_state,")
    assert done.endswith(",known,17999,18001")
    assert ",running," in still


def test_the_queries_do_not_grow_with_the_incidents(commander: Actor) -> None:
    site = a_site()
    counts = []
    report(commander)
    for _ in range(2):
        recorded(scattered([site], 20, start=Q3.start, days=80, seed=4))
        with CaptureQueriesContext(connection) as held:
            report(commander)
        counts.append(len(held))
    assert counts[0] == counts[1]
