"""Drawing zones and conduits: who may, what is refused, and what is recorded."""

from datetime import datetime

import pytest
from django.core.exceptions import ValidationError

from catalog.actions import assigning, zoning
from catalog.domain.zones import Direction
from catalog.errors import LoneConduit, NoReason, WrongSite
from catalog.models import Asset, Conduit, Zone
from governance import boundary
from governance.domain.actor import Actor
from governance.errors import BadInput, Conflict, NotAllowed, Refused
from governance.models import AuditEvent, Site
from tests.builders.catalog import a_column, an_asset
from tests.builders.governance import a_member, a_site
from tests.builders.zones import a_conduit, a_device, a_zone

pytestmark = pytest.mark.django_db

BOTH, OUT, IN = Direction.BOTH, Direction.OUT, Direction.IN
NOTHING = {"sl_target": None, "sl_capability": None, "sl_achieved": None}


def draw(site: Site, by: Actor, at: datetime, **over: object) -> Zone:
    fields = {"site": site, "name": "Press", "slug": "press", "purdue_level": "2"}
    return zoning.create(**{**fields, **over}, by=by, at=at)  # type: ignore[arg-type]


def test_a_zone_is_drawn_with_its_levels(operator: Actor, at: datetime) -> None:
    zone = draw(a_site(), operator, at, sl_target=(2,) * 7)
    assert (zone.sl_target, zone.sl_achieved) == ([2] * 7, None)
    assert AuditEvent.objects.get(act="catalog:zone:write").object == zone.ref
    zoning.change(
        zone, name="Press 3", purdue_level="1", is_untrusted=False, is_safety=True,
        **{**NOTHING, "sl_achieved": [1] * 7}, by=operator, at=at,
    )  # fmt: skip
    zone.refresh_from_db()
    assert (zone.name, zone.sl_target, zone.sl_achieved) == ("Press 3", None, [1] * 7)


@pytest.mark.parametrize("levels", [[2] * 6, [5] * 7, [2, 2, 2, 2, 2, 2, -1]])
def test_a_level_that_is_no_vector_is_refused(
    levels: list[int], operator: Actor, at: datetime
) -> None:
    with pytest.raises(BadInput) as refused:
        draw(a_site(), operator, at, sl_achieved=levels)
    assert refused.value.pointer == "/sl_achieved"


def test_a_subzone_is_at_the_site_of_its_zone(operator: Actor, at: datetime) -> None:
    parent = a_zone()
    assert draw(parent.site, operator, at, parent=parent).parent == parent
    with pytest.raises(WrongSite):
        draw(a_site(), operator, at, parent=parent)


def test_a_name_of_the_address_is_taken_once(operator: Actor, at: datetime) -> None:
    zone = draw(a_site(), operator, at)
    draw(a_site(), operator, at)
    with pytest.raises(ValidationError):
        draw(zone.site, operator, at)
    with pytest.raises(ValidationError):
        draw(zone.site, operator, at, slug="outside", is_safety=True, is_untrusted=True)


def test_nobody_draws_at_a_site_that_is_not_his(at: datetime) -> None:
    zone, other = a_zone(), a_site()
    by = a_member("steward", site=other).as_actor()
    with boundary.acting(by, at=at):
        draw(other, by, at)
    with pytest.raises(NotAllowed), boundary.acting(by, at=at):
        draw(zone.site, by, at)
    reader = a_member("auditor").as_actor()
    with pytest.raises(NotAllowed), boundary.acting(reader, at=at):
        zoning.dissolve(zone, reason="x", by=reader, at=at)


def test_a_zone_ends_when_nothing_needs_it(operator: Actor, at: datetime) -> None:
    zone = a_zone()
    device, conduit = a_device(zone), a_conduit(zone, a_zone())
    with pytest.raises(NoReason):
        zoning.dissolve(zone, reason=" ", by=operator, at=at)
    with pytest.raises(Refused, match="assets and conduits"):
        zoning.dissolve(zone, reason="merged", by=operator, at=at)
    zoning.close(conduit, reason="merged", by=operator, at=at)
    rows = Asset.objects.filter(pk=device.pk)
    assigning.place(rows, zone=None, reason="merged", by=operator, at=at)
    zoning.dissolve(zone, reason="merged", by=operator, at=at)
    with pytest.raises(Conflict):
        zoning.dissolve(zone, reason="merged", by=operator, at=at)
    zone.refresh_from_db()
    with pytest.raises(Refused, match="no zone any more"):
        zoning.connect(
            site=zone.site, name="C", borders={zone: BOTH, a_zone(): BOTH}, protocols=["SMB"],
            by=operator, at=at,
        )  # fmt: skip


def test_a_conduit_joins_zones_each_with_its_direction(operator: Actor, at: datetime) -> None:
    here, there, third = a_zone(), a_zone(), a_zone()
    conduit = zoning.connect(
        site=here.site, name=" C-01  main ", borders={here: OUT, there: IN},
        protocols=["opc  ua", "OPC UA", "sql"], by=operator, at=at,
    )  # fmt: skip
    assert (conduit.name, conduit.protocols) == ("C-01 main", ["OPC UA", "SQL"])
    zoning.reroute(
        conduit, name="C-01", borders={there: BOTH, third: BOTH}, protocols=["HTTPS"],
        description="", **NOTHING, by=operator, at=at,
    )  # fmt: skip
    assert dict(conduit.borders.values_list("zone", "direction")) == {
        there.pk: "both",
        third.pk: "both",
    }
    zoning.close(conduit, reason="moved", by=operator, at=at)
    conduit.refresh_from_db()
    with pytest.raises(Conflict):
        zoning.close(conduit, reason="moved", by=operator, at=at)
    with pytest.raises(Conflict):
        zoning.reroute(
            conduit, name="C-01", borders={there: BOTH, third: BOTH}, protocols=["HTTPS"],
            description="", **NOTHING, by=operator, at=at,
        )  # fmt: skip


@pytest.mark.parametrize("ways", [[BOTH], [OUT, OUT], [IN, IN]])
def test_a_conduit_that_joins_nothing_is_refused(
    ways: list[Direction], operator: Actor, at: datetime
) -> None:
    borders = {a_zone(): way for way in ways}
    with pytest.raises(LoneConduit):
        zoning.connect(
            site=a_site(), name="C", borders=borders, protocols=["SMB"], by=operator, at=at
        )
    with pytest.raises(BadInput):
        zoning.connect(site=a_site(), name="C", borders=borders, protocols=[""], by=operator, at=at)
    assert not Conduit.objects.exists()


def test_a_way_into_a_zone_is_opened_by_who_may_there(at: datetime) -> None:
    mine, theirs = a_zone(), a_zone()
    by = a_member("steward", site=mine.site).as_actor()
    with pytest.raises(NotAllowed), boundary.acting(by, at=at):
        zoning.connect(
            site=mine.site, name="C", borders={mine: OUT, theirs: IN}, protocols=["SMB"],
            by=by, at=at,
        )  # fmt: skip
    assert not Conduit.objects.exists()


def test_what_stands_in_a_system_stands_in_its_zone(operator: Actor, at: datetime) -> None:
    zone, inner = a_zone(), a_zone()
    root = a_device(site=zone.site, kind="system")
    table = an_asset(system=root.system, parent=root)
    column = a_column(table)
    rows = Asset.objects.filter(pk=root.pk)
    with pytest.raises(NoReason):
        assigning.place(rows, zone=zone, reason="", by=operator, at=at)
    assert assigning.place(rows, zone=zone, reason="as drawn", by=operator, at=at) == 1
    column.refresh_from_db()
    assert column.zone == zone
    event = AuditEvent.objects.get(act="catalog:asset:assign")
    assert (event.facts["zone"], event.facts["reason"]) == (zone.ref, "as drawn")
    with pytest.raises(WrongSite):
        assigning.place(rows, zone=inner, reason="moved", by=operator, at=at)
    assigning.place(rows, zone=None, reason="wrong", by=operator, at=at)
    column.refresh_from_db()
    assert column.zone is None


def test_nobody_places_assets_in_a_zone_that_is_not_his(at: datetime) -> None:
    zone = a_zone()
    device = a_device(site=a_site(parent=zone.site, kind="area"))
    by = a_member("steward", site=device.site).as_actor()
    rows = Asset.objects.filter(pk=device.pk)
    with pytest.raises(NotAllowed), boundary.acting(by, at=at):
        assigning.place(rows, zone=zone, reason="x", by=by, at=at)
    by = a_member("steward", site=zone.site).as_actor()
    with boundary.acting(by, at=at):
        assert assigning.place(rows, zone=zone, reason="x", by=by, at=at) == 1
