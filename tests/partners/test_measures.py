"""The measures: nothing due is no data, what nobody fixes counts."""

from datetime import datetime, timedelta

import pytest
from django.urls import resolve

from catalog.actions import sharing
from governance.domain.actor import Actor
from partners.measures import MEASURES
from partners.registration import waiting
from tests.builders.governance import a_member, a_site
from tests.builders.partners import a_finding, a_partner, a_product

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def read(slug: str, at: datetime, site: int | None = None):
    return MEASURES[slug].value(site, at)


@pytest.mark.parametrize("slug", MEASURES)
def test_nothing_to_judge_is_no_data(slug: str, at: datetime) -> None:
    reading = read(slug, at)
    assert reading.value is None
    assert reading.note.startswith("No data yet: ")
    assert resolve(reading.records_url.partition("?")[0])


def test_open_ones_count_as_late_and_withdrawn_ones_not_at_all(at: datetime) -> None:
    due = a_finding().due_at
    assert due is not None
    for state, ended in (
        ("fixed", due),
        ("fixed", due + timedelta(seconds=1)),
        ("withdrawn", due),
    ):
        a_finding(state=state, ended_at=ended)
    a_finding(band="high", due_rule="base_other")
    assert read("critical_patches_in_time", due).value is None
    reading = read("critical_patches_in_time", due + DAY)
    assert (reading.numerator, reading.denominator) == (1, 3)
    assert reading.value == pytest.approx(100 / 3)
    other = read("other_patches_in_time", due + DAY)
    assert (other.numerator, other.denominator) == (0, 1)
    assert read("critical_patches_in_time", due + 91 * DAY).value is None


def test_a_site_counts_what_lies_below_it(at: datetime) -> None:
    region = a_site(kind="region")
    finding = a_finding(product=a_product(site=a_site(parent=region)))
    assert finding.due_at is not None
    later = finding.due_at + DAY
    assert read("critical_patches_in_time", later, region.pk).denominator == 1
    assert read("critical_patches_in_time", later, a_site().pk).value is None


def test_a_rule_counts_while_it_is_in_force(operator: Actor, at: datetime) -> None:
    partner = a_partner(tier="critical")
    a_partner(tier="critical")
    a_product(partner=partner)
    a_product(partner=partner)
    sharing.agree(
        party_ref=partner.party,
        what="alarms",
        purpose="maintenance",
        valid_from=at,
        valid_to=at + DAY,
        by=operator,
        at=at,
    )
    assert read("critical_partners_with_rules", at).value == 50
    assert read("critical_partners_with_rules", at + DAY).value == 0
    site = partner.products.earliest("pk").site_id
    assert read("critical_partners_with_rules", at, site).value == 100


def test_duties_are_told_to_those_who_may_read(at: datetime) -> None:
    finding = a_finding()
    assert finding.due_at is not None
    reader = a_member("soc_analyst").as_actor()
    assert waiting(reader, at) == []
    assert [duty.title for duty in waiting(reader, finding.due_at)] == [
        "1 finding due within a week"
    ]
    late = waiting(reader, finding.due_at + DAY)
    assert [duty.title for duty in late] == ["1 finding overdue, 1 critical"]
    assert waiting(a_member("administrator", site=a_site()).as_actor(), finding.due_at) == []
