"""Measures: honest about what is missing, and right where there is something."""

from datetime import datetime, timedelta

import pytest

from governance import registries
from governance.domain.actor import Actor
from incidents import measures
from incidents.actions import closing, freezing
from incidents.domain import spans
from incidents.domain.durations import Metric
from tests.builders.governance import a_site, the_enterprise
from tests.builders.incidents import a_closed_incident, a_responder, an_incident
from tests.builders.reported import recorded, scattered

pytestmark = pytest.mark.django_db


def test_all_are_registered() -> None:
    assert set(measures.MEASURES) <= set(registries.measures.names())


@pytest.mark.parametrize("slug", list(measures.MEASURES))
def test_without_records_there_is_no_number(db: None, at: datetime, slug: str) -> None:
    reading = measures.MEASURES[slug].value(None, at)
    assert reading.value is None
    assert reading.note.startswith("No data yet")


def test_few_incidents_are_not_enough(commander: Actor, at: datetime) -> None:
    a_closed_incident(by=commander, at=at - timedelta(days=3))
    reading = measures.time_to_detect(None, at)
    assert reading.value is None
    assert reading.note == "Not enough data (have 0/1, need 26)"
    assert measures.time_to_restore(None, at).note.endswith("(have 0/1, need 48)")
    assert reading.records_url == "/incidents/?state=all&kind=live"


def test_a_clear_change_is_shown_without_a_verdict(commander: Actor, at: datetime) -> None:
    site = a_site()
    for day in range(6):
        for days_ago, detect in ((100, 200), (10, 50)):
            a_closed_incident(
                by=commander,
                at=at - timedelta(days=days_ago + day),
                detect=timedelta(minutes=detect + day),
                restore=timedelta(hours=detect // 10),
                site=site,
            )
    detect = measures.time_to_detect(None, at)
    assert detect.value == pytest.approx(-75, abs=3)
    assert detect.note.startswith("Provisional: interval −")
    assert detect.note.endswith("6 incidents before, 6 now, no baseline is frozen yet")
    restore = measures.time_to_restore(site.pk, at)
    assert restore.value == pytest.approx(-75, abs=3)
    assert f"site={site.slug}" in restore.records_url
    assert measures.time_to_restore(a_site().pk, at).value is None
    # The same instant in the past gives what was known then.
    assert measures.time_to_detect(None, at - timedelta(days=50)).value is None


def test_a_frozen_baseline_gives_a_verdict_on_its_day(commander: Actor) -> None:
    window = spans.parse("2026-Q2")
    sites = [a_site()]
    recorded(scattered(sites, 40, start=window.start, days=80, seed=2))
    judged = window.end + (window.end - window.start)
    recorded(scattered(sites, 40, start=window.end, days=80, seed=3, scale=0.1))
    freezing.freeze(
        metric=Metric.TTR,
        site=the_enterprise(),
        window=window,
        target=0.6,
        judge_on=[(judged - timedelta(days=1)).date()],
        by=a_responder("board_member"),
        at=window.end,
    )
    reading = measures.time_to_restore(None, judged)
    assert reading.value is not None
    assert reading.note.startswith("Target shown: best estimate −")
    assert reading.note.endswith("40 incidents before, 40 now, frozen 2026-07-01")
    between = measures.time_to_restore(None, judged - timedelta(days=1))
    assert between.note.startswith("Provisional: interval −")
    assert measures.time_to_restore(sites[0].pk, judged).note.endswith("no baseline is frozen yet")


def test_drills_and_false_alarms_stay_out(commander: Actor, at: datetime) -> None:
    a_closed_incident(by=commander, at=at - timedelta(days=3), kind="drill")
    false = an_incident(by=commander, at=at - timedelta(days=2))
    closing.dismiss(false, by=commander, at=at, reason="a planned restart")
    assert measures.time_to_detect(None, at).note.startswith("No data yet: no live incident")


def test_open_incidents_count_as_running(commander: Actor, at: datetime) -> None:
    an_incident(by=commander, at=at - timedelta(days=2))
    assert measures.time_to_restore(None, at).note.startswith("Not enough data (have 0/0")


def test_the_share_of_sites_that_practiced_this_quarter(commander: Actor, at: datetime) -> None:
    sites = [a_site(), a_site(), a_site()]
    a_closed_incident(by=commander, at=at - timedelta(days=90), site=sites[1], kind="drill")
    a_closed_incident(by=commander, at=at - timedelta(days=9), site=sites[0], kind="drill")
    a_closed_incident(by=commander, at=at - timedelta(days=8), site=sites[2], kind="live")
    an_incident(by=commander, at=at, site=sites[2], kind="drill")
    reading = measures.drills(None, at)
    assert (reading.numerator, reading.denominator) == (1, 3)
    assert reading.value == pytest.approx(100 / 3)
    assert reading.note == "Q4 2026, up to now"
    assert measures.drills(sites[0].pk, at).value == 100
    assert measures.drills(sites[1].pk, at).value == 0
    assert measures.drills(sites[2].pk, at).value is None
    # An area counts for its site, the enterprise for none.
    a_closed_incident(by=commander, at=at, site=a_site(parent=sites[1], kind="area"), kind="drill")
    later = at + timedelta(days=1)
    assert measures.drills(None, later).numerator == 2
    assert the_enterprise().kind == "enterprise"


def test_the_work_split_is_not_guessed(at: datetime) -> None:
    assert measures.work_split(None, at).note == (
        "No data yet: hours of tooling and responders are not booked"
    )
