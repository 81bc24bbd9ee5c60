"""Baseline coverage and the catalog's duties."""

from datetime import datetime

import pytest

from catalog import duties, measures
from governance.models import Site
from tests.builders.catalog import NOW, a_column, a_label, an_asset
from tests.builders.coverage import complete
from tests.builders.governance import a_member, a_site, a_system, a_user

pytestmark = pytest.mark.django_db


def test_without_assets_there_is_no_figure(at: datetime) -> None:
    reading = measures.baseline(None, at)
    assert reading.value is None
    assert reading.note.startswith("No data yet")


def test_coverage_counts_live_assets_that_lack_nothing(at: datetime) -> None:
    full = complete()
    an_asset()
    complete(gone_at=NOW)
    an_asset(kind="schema")
    a_column(full)
    reading = measures.baseline(None, at)
    assert (reading.numerator, reading.denominator, reading.value) == (1, 2, 50.0)
    assert reading.records_url == "/catalog/coverage/"


def test_coverage_of_a_site_counts_what_is_below_it(at: datetime) -> None:
    region = a_site(kind="region")
    complete(a_system(site=a_site(parent=region)))
    an_asset()
    reading = measures.baseline(region.pk, at)
    assert (reading.numerator, reading.denominator) == (1, 1)
    assert reading.records_url.endswith(f"site={region.slug}")
    assert measures.baseline(Site.objects.latest("pk").pk + 1, at).value is None


def test_a_proposal_waits_for_those_who_may_decide_it(at: datetime) -> None:
    label = a_label(a_column(an_asset()))
    a_label(label.asset, category="user.contact")
    a_label(a_column(an_asset()), category="", level=1)
    here = a_member("steward", site=label.asset.site).as_actor()
    (duty,) = duties.proposals(here, at)
    assert duty.title == "Review the labels of 1 column"
    elsewhere = a_member("steward", site=a_site()).as_actor()
    assert duties.proposals(elsewhere, at) == []
    assert duties.proposals(a_member("auditor").as_actor(), at) == []


def test_assets_without_owner_wait_for_those_who_may_name_one(at: datetime) -> None:
    asset = an_asset()
    an_asset(system=asset.system, owner=a_user())
    an_asset(system=asset.system, owner=a_user(is_active=False))
    here = a_member("data_owner", site=asset.site).as_actor()
    (duty,) = duties.ownerless(here, at)
    assert duty.title == "Name an owner for 2 assets"
    assert duties.ownerless(a_member("soc_analyst").as_actor(), at) == []
