"""Findings in SQL: each kind alone, agreeing with the pure rule, at a fixed number of queries."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from catalog.domain.zones import Border, Direction, FindingKind
from catalog.models import Conduit, Flow
from catalog.queries.zones import crossings, findings, last_used
from tests.builders.catalog import a_column, an_asset
from tests.builders.governance import a_site
from tests.builders.zones import a_conduit, a_device, a_flow, a_zone, declared

pytestmark = pytest.mark.django_db

QUERIES = 6
"""The sites below, and one for each kind of finding."""
LOW = {"sl_target": [2] * 7, "sl_achieved": [2, 2, 2, 2, 1, 2, 2]}


@pytest.mark.parametrize("many", [1, 3])
def test_the_number_of_queries_does_not_grow(
    many: int, at: datetime, django_assert_num_queries: Any
) -> None:
    site = a_site()
    for _ in range(many):
        safety = a_zone(site=site, is_safety=True, **LOW)
        outside = a_zone(site=site, is_untrusted=True)
        a_conduit(safety, outside, protocols=["RDP"], created_at=at - timedelta(days=100))
        a_flow(a_device(safety), a_device(outside))
        a_device(site=site)
    with django_assert_num_queries(QUERIES):
        found = findings(site, at)
    kinds = [one.kind for one in found]
    assert {kind: kinds.count(kind) for kind in FindingKind} == {
        FindingKind.UNDECLARED_FLOW: many,
        FindingKind.SAFETY_TO_UNTRUSTED: many,
        FindingKind.BELOW_TARGET: many,
        FindingKind.WITHOUT_ZONE: 1,
        FindingKind.UNUSED_CONDUIT: many,
    }
    assert sum(one.assets for one in found) == many


def test_nothing_is_found_where_nothing_is_wrong(at: datetime) -> None:
    site = a_site()
    here, there = a_zone(site=site, sl_target=[1] * 7, sl_achieved=[2] * 7), a_zone(site=site)
    a_conduit(here, there)
    a_flow(a_device(here), a_device(there))
    a_flow(a_device(here), a_device(here), protocol="SMB")
    assert findings(site, at) == []


def test_only_the_site_and_those_below_it_are_looked_at(at: datetime) -> None:
    site, other = a_site(), a_site()
    area = a_site(parent=site, kind="area")
    a_zone(site=area, **LOW)
    a_zone(site=other, **LOW)
    assert len(findings(site, at)) == len(findings(area, at)) == len(findings(other, at)) == 1
    assert len(findings(site.parent, at)) == 2


BOTH, OUT, IN = Direction.BOTH, Direction.OUT, Direction.IN


@pytest.mark.parametrize(
    ("here", "there", "over", "is_open"),
    [
        (BOTH, BOTH, {}, False),
        (OUT, IN, {}, False),
        (IN, OUT, {}, True),
        (BOTH, BOTH, {"protocols": ["SMB"]}, True),
        (BOTH, BOTH, {"gone_at": datetime.fromisoformat("2026-11-17T09:45:00Z")}, True),
    ],
)
def test_a_flow_needs_a_conduit_with_zones_protocol_and_direction(
    here: Direction, there: Direction, over: dict[str, Any], is_open: bool, at: datetime
) -> None:
    source, target = a_zone(), a_zone()
    a_conduit((source, here), (target, there), **over)
    flow = a_flow(a_device(source), a_device(target, name="FS-MTY-04"))
    found = [one.flow for one in findings(source.site, at)]
    assert found == ([flow.pk] if is_open else [])
    assert [one.flow for one in findings(target.site, at)] == found
    assert crossings([flow.pk])[flow.pk].is_open is is_open


def test_a_zone_in_two_conduits_lends_neither_to_the_other(at: datetime) -> None:
    here, middle, there = a_zone(), a_zone(), a_zone()
    a_conduit(here, middle)
    a_conduit(middle, there)
    a_flow(a_device(here), a_device(there))
    assert [one.kind for one in findings(here.site, at)] == [FindingKind.UNDECLARED_FLOW]


def test_a_declared_flow_needs_its_conduit_too_and_says_that_it_is_declared(at: datetime) -> None:
    here, there = a_zone(name="Press"), a_zone(name="Office")
    a_flow(a_device(here), a_device(there), seen_at=None, **declared())
    (found,) = findings(here.site, at)
    assert found.title == "Flow without a conduit: Press to Office"
    assert "never seen, declared Nov 17, 09:45 UTC" in found.why


def test_a_flow_to_a_party_passes_by_an_untrusted_zone(at: datetime) -> None:
    here, outside = a_zone(), a_zone(is_untrusted=True)
    flow = a_flow(a_device(here), party_ref="partners.partner:7")
    assert [one.flow for one in findings(here.site, at)] == [flow.pk]
    a_conduit(here, a_zone())
    assert len(findings(here.site, at)) == 1
    a_conduit((here, OUT), (outside, IN))
    assert findings(here.site, at) == []
    a_flow(a_device(outside), party_ref="partners.partner:7")
    assert findings(outside.site, at) == []


def test_an_ended_flow_is_none(at: datetime) -> None:
    here = a_zone()
    a_flow(a_device(here), a_device(a_zone()), gone_at=at)
    assert findings(here.site, at) == []


def test_systems_and_devices_need_a_zone_and_data_do_not(at: datetime) -> None:
    site = a_site()
    device = a_device(site=site, name="CAM-1")
    listed = a_device(site=site, kind="system", name="Network")
    a_device(site=site, name="CAM-2", system=listed.system, parent=listed)
    server = a_device(site=site, kind="system", name="MES")
    a_column(an_asset(system=server.system, parent=server))
    a_device(site=site, name="CAM-3", gone_at=at)
    (found,) = findings(site, at)
    assert (found.assets, found.title) == (3, "3 assets without a zone")
    assert found.why.startswith("CAM-1, CAM-2, MES;")
    assert device.zone is None


@pytest.mark.parametrize(
    ("age", "seen", "is_unused"),
    [(91, None, True), (89, None, False), (91, 91, True), (91, 89, False)],
)
def test_a_conduit_without_a_permitted_flow_for_ninety_days_is_unused(
    age: int, seen: int | None, is_unused: bool, at: datetime
) -> None:
    here, there = a_zone(), a_zone()
    conduit = a_conduit(here, there, created_at=at - timedelta(days=age))
    a_flow(a_device(here), a_device(there), protocol="SMB", gone_at=at)
    if seen is not None:
        when = at - timedelta(days=seen)
        a_flow(a_device(there), a_device(here), seen_at=when)
        assert last_used([conduit.pk], at) == {conduit.pk: when}
    found = [one.conduit for one in findings(here.site, at)]
    assert found == ([conduit.pk] if is_unused else [])


def test_what_was_seen_later_does_not_count_earlier(at: datetime) -> None:
    here, there = a_zone(), a_zone()
    a_conduit(here, there, created_at=at - timedelta(days=100))
    a_flow(a_device(here), a_device(there), seen_at=at)
    assert len(findings(here.site, at - timedelta(hours=1))) == 1
    assert findings(here.site, at) == []


def test_a_safety_zone_is_never_joined_to_an_untrusted_one(at: datetime) -> None:
    safety, outside = a_zone(name="Safety", is_safety=True), a_zone(is_untrusted=True)
    a_conduit(safety, a_zone())
    conduit = a_conduit((safety, OUT), (outside, IN))
    (found,) = findings(safety.site, at)
    assert (found.conduit, found.zones) == (conduit.pk, (safety.pk, outside.pk))


def test_a_level_below_target_names_each_requirement(at: datetime) -> None:
    zone = a_zone(name="Press", sl_target=[2, 3, 2, 2, 2, 2, 2], sl_achieved=[1, 1, 4, 4, 4, 4, 4])
    a_zone(site=zone.site, sl_target=[3] * 7)
    a_conduit(zone, a_zone(), name="C-09", **LOW)
    below = findings(zone.site, at)
    assert [one.title for one in below] == ["C-09 is below SL 2", "Press is below SL 3"]
    assert below[1].why == (
        "Identification and authentication control 1 of 2, use control 1 of 3"
        " (2 of 7 requirements)."
    )


def test_sql_and_the_pure_rule_agree(at: datetime, request: pytest.FixtureRequest) -> None:
    dice = Random(f"{request.config.getoption('randomly_seed')} borders")
    site = a_site()
    zones = [a_zone(site=site) for _ in range(4)]
    devices = [a_device(zone) for zone in zones]
    ways, names = list(Direction), ["HTTPS", "SMB", "OPC UA"]
    for _ in range(5):
        chosen = dice.sample(zones, dice.choice([2, 2, 3]))
        protocols = dice.sample(names, dice.choice([1, 2]))
        a_conduit(*[(zone, dice.choice(ways)) for zone in chosen], protocols=protocols)
    for source in devices:
        for target in devices:
            if source != target:
                a_flow(source, target, protocol=dice.choice(names))
    borders = [
        Border(
            {one.zone_id: Direction(one.direction) for one in conduit.borders.all()},
            frozenset(conduit.protocols),
        )
        for conduit in Conduit.objects.all()
    ]
    expected = {
        flow.pk
        for flow in Flow.objects.select_related("src", "dst")
        if not any(b.permits(flow.src.zone_id, flow.dst.zone_id, flow.protocol) for b in borders)
    }
    assert {one.flow for one in findings(site, at)} == expected
