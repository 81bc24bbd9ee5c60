"""Due dates: anchor, term, site zone, and the instant that still counts."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.domain.exploitation import BOD_26_04, Exploitation, Kev, Ssvc, bod_term
from partners.domain.patching import (
    Anchor,
    AnchorRule,
    Contract,
    Due,
    DueRule,
    Facts,
    Policy,
    Standing,
    due,
    raised,
    standing,
)
from partners.domain.severity import Band

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ["Asia/Singapore", "America/Mexico_City", "Europe/Berlin", "America/New_York"]
SEEN = datetime(2026, 3, 20, 9, tzinfo=UTC)

instants = st.integers(0, 20 * 365 * 24 * 3600).map(
    lambda seconds: datetime(2015, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
zones = st.sampled_from(ZONES).map(ZoneInfo)
clocked = st.sampled_from([band for band in Band if band is not Band.NONE])


def a_due(**over: object) -> Due:
    facts = {
        "published_at": None,
        "first_seen_at": SEEN,
        "band": Band.CRITICAL,
        "zone": BERLIN,
    }
    policy = over.pop("policy", None) or Policy()
    found = due(Facts(**(facts | over)), policy=policy)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_critical_has_14_days_to_the_end_of_the_local_day_across_the_clock_change() -> None:
    found = a_due()  # clocks go forward on 29 March 2026
    assert found.due_at == datetime(2026, 4, 3, 21, 59, 59, tzinfo=UTC)
    assert (found.rule, found.term_days) == (DueRule.BASE_CRITICAL, 14)


def test_clocks_set_back_at_midnight_give_the_second_last_second_of_the_day() -> None:
    found = a_due(
        first_seen_at=datetime(2018, 2, 3, 12, tzinfo=UTC), zone=ZoneInfo("America/Sao_Paulo")
    )
    assert found.due_at == datetime(2018, 2, 18, 2, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("band", [Band.HIGH, Band.MEDIUM, Band.LOW])
def test_everything_else_has_30_days(band: Band) -> None:
    found = a_due(band=band)
    assert found.due_at == datetime(2026, 4, 19, 21, 59, 59, tzinfo=UTC)
    assert not found.is_flagged


def test_unrated_has_30_days_and_a_flag() -> None:
    found = a_due(band=Band.UNRATED)
    assert (found.term_days, found.is_flagged, found.rule) == (30, True, DueRule.BASE_UNRATED)
    assert "Nobody has rated it" in found.why


def test_band_none_has_no_clock() -> None:
    assert due(Facts(first_seen_at=SEEN, band=Band.NONE, zone=BERLIN), policy=Policy()) is None


def test_an_old_advisory_imported_today_is_not_late_at_once() -> None:
    found = a_due(published_at=datetime(2019, 1, 1, tzinfo=UTC))
    assert (found.anchor, found.anchor_at) == (Anchor.FIRST_SEEN, SEEN)


def test_an_advisory_dated_after_we_saw_it_starts_at_its_publication() -> None:
    later = SEEN + timedelta(days=2)
    assert a_due(published_at=later).anchor is Anchor.PUBLISHED


def test_the_site_zone_moves_the_due_instant() -> None:
    late = datetime(2026, 6, 1, 20, tzinfo=UTC)
    singapore = a_due(first_seen_at=late, zone=ZoneInfo("Asia/Singapore"))  # there it is 2 June
    mexico = a_due(first_seen_at=late, zone=ZoneInfo("America/Mexico_City"))
    assert singapore.due_at == datetime(2026, 6, 16, 15, 59, 59, tzinfo=UTC)
    assert mexico.due_at == datetime(2026, 6, 16, 5, 59, 59, tzinfo=UTC)


def test_the_reason_names_band_term_both_days_and_zone() -> None:
    assert a_due().why == (
        "Rated critical: 14 days from 2026-03-20 (first seen here); "
        "due by the end of 2026-04-03 (Europe/Berlin)."
    )


def test_an_instant_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        a_due(first_seen_at=SEEN.replace(tzinfo=None))


def test_closing_exactly_on_the_due_instant_is_met_and_a_second_later_missed() -> None:
    found = a_due()
    tick = timedelta(seconds=1)

    def at_close(closed_at: datetime) -> Standing:
        return standing(
            anchor_at=found.anchor_at, due_at=found.due_at, closed_at=closed_at, at=closed_at
        )

    assert at_close(found.due_at) is Standing.MET
    assert at_close(found.due_at + tick) is Standing.MISSED


def test_an_open_finding_is_breached_only_after_the_due_instant() -> None:
    found = a_due()
    facts = {"anchor_at": found.anchor_at, "due_at": found.due_at, "closed_at": None}
    assert standing(**facts, at=found.due_at) is Standing.DUE_SOON
    assert standing(**facts, at=found.due_at + timedelta(microseconds=1)) is Standing.BREACHED


def test_a_closing_in_the_future_has_not_happened_yet() -> None:
    found = a_due()
    closed_at = found.due_at - timedelta(days=1)
    early = closed_at - timedelta(days=10)
    facts = {"anchor_at": found.anchor_at, "due_at": found.due_at, "closed_at": closed_at}
    assert standing(**facts, at=early) is Standing.ON_TIME
    assert standing(**facts, at=closed_at) is Standing.MET


@pytest.mark.parametrize(
    ("term", "warning"),
    [
        (timedelta(days=40), timedelta(days=10)),
        (timedelta(days=8), timedelta(days=3)),
        (timedelta(days=4), timedelta(days=2)),
    ],
)
def test_due_soon_begins_at_a_quarter_or_three_days_but_never_before_half(
    term: timedelta, warning: timedelta
) -> None:
    facts = {"anchor_at": SEEN, "due_at": SEEN + term, "closed_at": None}
    assert standing(**facts, at=SEEN + term - warning) is Standing.DUE_SOON
    assert standing(**facts, at=SEEN + term - warning - timedelta(seconds=1)) is Standing.ON_TIME


def test_a_raised_rating_takes_the_new_term_from_the_raise() -> None:
    old = a_due(band=Band.MEDIUM)
    facts = Facts(first_seen_at=SEEN, band=Band.CRITICAL, zone=BERLIN)
    found = raised(old, facts, raised_at=SEEN + timedelta(days=1), policy=Policy())
    assert (found.due_at, found.rule) == (
        datetime(2026, 4, 4, 21, 59, 59, tzinfo=UTC),
        DueRule.RAISED,
    )
    assert found.anchor_at == old.anchor_at


def test_a_raise_near_the_end_never_moves_the_date_away() -> None:
    old = a_due(band=Band.MEDIUM)
    late = old.due_at - timedelta(days=2)
    facts = Facts(first_seen_at=SEEN, band=Band.CRITICAL, zone=BERLIN)
    assert raised(old, facts, raised_at=late, policy=Policy()) == old


@given(published=st.none() | instants, seen=instants, band=clocked, zone=zones)
def test_due_is_the_last_second_of_a_local_day_and_leaves_the_whole_term(
    published: datetime | None, seen: datetime, band: Band, zone: ZoneInfo
) -> None:
    found = a_due(published_at=published, first_seen_at=seen, band=band, zone=zone)
    local = found.due_at.astimezone(zone)
    assert (local.hour, local.minute, local.second) == (23, 59, 59)
    assert found.anchor_at == max(seen, published or seen)
    days = local.date() - found.anchor_at.astimezone(zone).date()
    assert days.days == found.term_days
    assert found.due_at > found.anchor_at


@given(seen=instants, later=st.integers(0, 60), band=clocked, zone=zones)
def test_a_raise_never_lengthens(seen: datetime, later: int, band: Band, zone: ZoneInfo) -> None:
    old = a_due(first_seen_at=seen, band=band, zone=zone)
    for new in Band:
        facts = Facts(first_seen_at=seen, band=new, zone=zone)
        found = raised(old, facts, raised_at=seen + timedelta(days=later), policy=Policy())
        assert found.due_at <= old.due_at


@given(seen=instants, zone=zones, minutes=st.integers(0, 60 * 24 * 60))
def test_standing_never_returns_from_breached(seen: datetime, zone: ZoneInfo, minutes: int) -> None:
    found = a_due(first_seen_at=seen, zone=zone)
    at = seen + timedelta(minutes=minutes)
    facts = {"anchor_at": found.anchor_at, "due_at": found.due_at, "closed_at": None}
    if standing(**facts, at=at) is Standing.BREACHED:
        assert standing(**facts, at=at + timedelta(minutes=1)) is Standing.BREACHED


def test_the_contract_wins_where_it_is_shorter_and_says_so() -> None:
    found = a_due(contract=Contract(critical_days=7))
    assert (found.rule, found.term_days) == (DueRule.CONTRACT, 7)
    assert found.why.startswith(
        "The partner's contract gives 7 days from 2026-03-20, the policy 14"
    )
    assert a_due(contract=Contract(critical_days=20)).rule is DueRule.BASE_CRITICAL
    assert a_due(contract=Contract(other_days=7)).rule is DueRule.BASE_CRITICAL


def test_the_kev_date_wins_where_it_is_earlier_and_later_than_the_anchor() -> None:
    kev = Kev(added_on=date(2026, 3, 18), due_on=date(2026, 3, 25))
    found = a_due(kev=kev)
    assert (found.rule, found.term_days) == (DueRule.KEV, 5)
    assert found.due_at == datetime(2026, 3, 25, 22, 59, 59, tzinfo=UTC)
    past = Kev(added_on=date(2026, 2, 1), due_on=date(2026, 3, 19))
    assert a_due(kev=past).rule is DueRule.BASE_CRITICAL
    assert a_due(kev=kev, policy=Policy(uses_kev=False)).rule is DueRule.BASE_CRITICAL


def test_a_kev_date_before_its_own_listing_is_not_believed() -> None:
    odd = Kev(added_on=date(2026, 3, 25), due_on=date(2026, 3, 25))
    assert a_due(kev=odd).rule is DueRule.BASE_CRITICAL


def test_bod_26_04_shortens_names_what_it_assumed_and_never_lengthens() -> None:
    policy = Policy(uses_bod_26_04=True)
    kev = Kev(added_on=date(2026, 3, 1), due_on=None)
    total = Ssvc(Exploitation.ACTIVE, is_automatable=True, is_total=True, since=date(2026, 3, 22))
    found = a_due(kev=kev, ssvc=total, policy=policy)
    assert (found.rule, found.term_days) == (DueRule.BOD_26_04, 3)
    # Three days from the day its last fact became true.
    assert found.due_at == datetime(2026, 3, 25, 22, 59, 59, tzinfo=UTC)
    assert "assumed: exposed" in found.why
    assert "forensic triage" in found.why
    slow = Ssvc(is_automatable=True, is_total=False)
    assert a_due(ssvc=slow, is_exposed=False, policy=policy).rule is DueRule.BASE_CRITICAL
    assert a_due(kev=kev, ssvc=total).rule is DueRule.BASE_CRITICAL


def test_bod_26_04_is_silent_without_assessment_and_complete_with_it() -> None:
    assert bod_term(kev=None, ssvc=None, is_exposed=True) is None
    assert bod_term(kev=None, ssvc=Ssvc(is_automatable=True), is_exposed=True) is None
    assert len(BOD_26_04) == 16
    triage = {key for key, (days, wants) in BOD_26_04.items() if wants}
    assert all(key[0] and BOD_26_04[key][0] == 3 for key in triage)


def test_the_policy_chooses_the_anchor() -> None:
    published = datetime(2026, 3, 1, tzinfo=UTC)
    early = a_due(published_at=published, policy=Policy(anchor=AnchorRule.PUBLISHED))
    assert (early.anchor, early.anchor_at) == (Anchor.PUBLISHED, published)
    seen = a_due(published_at=SEEN + timedelta(days=3), policy=Policy(anchor=AnchorRule.DETECTED))
    assert (seen.anchor, seen.anchor_at) == (Anchor.FIRST_SEEN, SEEN)


days = st.integers(1, 365)
dates = st.dates(date(2014, 6, 1), date(2036, 1, 1))
kevs = st.none() | st.builds(Kev, dates, st.none() | dates)
booleans = st.none() | st.booleans()
assessments = st.none() | st.builds(
    Ssvc, st.none() | st.sampled_from(Exploitation), booleans, booleans, st.none() | dates
)


@given(
    seen=instants,
    band=clocked,
    zone=zones,
    kev=kevs,
    ssvc=assessments,
    exposed=booleans,
    contract=st.builds(Contract, st.none() | days, st.none() | days),
    bod=st.booleans(),
)
def test_more_rules_only_bring_the_date_nearer_and_never_before_the_anchor(
    seen: datetime,
    band: Band,
    zone: ZoneInfo,
    kev: Kev | None,
    ssvc: Ssvc | None,
    exposed: bool | None,
    contract: Contract,
    bod: bool,
) -> None:
    base = a_due(first_seen_at=seen, band=band, zone=zone)
    found = a_due(
        first_seen_at=seen,
        band=band,
        zone=zone,
        kev=kev,
        ssvc=ssvc,
        is_exposed=exposed,
        contract=contract,
        policy=Policy(uses_bod_26_04=bod),
    )
    assert seen < found.due_at <= base.due_at
    assert (found.rule is base.rule) == (found.due_at == base.due_at)
    assert found.due_at.astimezone(zone).strftime("%H:%M:%S") == "23:59:59"
    assert len(found.why) <= 300
