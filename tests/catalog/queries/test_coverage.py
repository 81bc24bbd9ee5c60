"""One figure of coverage, whoever tells it: rule, view, measure, page, interface, command."""

import json
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection

from catalog import measures
from catalog.domain import coverage as rules
from catalog.domain.coverage import Item
from catalog.models import Asset
from catalog.queries import coverage
from catalog.queries.coverage import Scope
from tests.builders.catalog import NOW, a_column, an_asset
from tests.builders.coverage import an_answer, an_exemption, assorted, complete, facts
from tests.builders.governance import a_member, a_site, a_system, a_user
from tests.builders.signin import proven

pytestmark = pytest.mark.django_db


def counting(assets: list[Asset]) -> list[Asset]:
    """Leave out what is gone, and systems that are a mere list of devices."""
    return [
        one
        for one in assets
        if one.gone_at is None
        and not (one.kind == "system" and one.children.filter(kind="plc").exists())
    ]


def command(**options: Any) -> dict[str, Any]:
    out = StringIO()
    call_command("coverage", json=True, gaps=1000, stdout=out, **options)
    return json.loads(out.getvalue())


def test_rule_view_measure_page_interface_command_and_sql_agree(at: datetime) -> None:
    assets = counting(assorted(150, seed=7, at=at))
    expected = rules.coverage([facts(one) for one in assets], at=at)
    assert 0 < expected.complete < expected.counted
    assert expected.exempt > 2
    missing = {int(gap.ref.partition(":")[2]): list(gap.missing) for gap in expected.gaps}
    figure = {"complete": expected.complete, "counted": expected.counted, "exempt": expected.exempt}
    client = proven(a_member("steward"))
    with time_machine.travel(at, tick=False):
        page = client.get("/catalog/coverage/").context["page"]
        api = client.get("/api/v1/coverage/").json()
        told, sql = command(), command(sql=True)["sql"]
    reading = measures.baseline(None, at)
    assert (reading.numerator, reading.denominator) == (expected.complete, expected.counted)
    for one in (page["found"].total.told(), api["total"], told["total"]):
        assert {name: one[name] for name in figure} == figure
    with connection.cursor() as cursor:
        cursor.execute(sql.replace("%", "%%"), [])
        assert cursor.fetchone() == tuple(figure.values())
    for gaps in (api["gaps"], told["gaps"]):
        assert {one["id"]: one["missing"] for one in gaps} == missing
    for item in Item:
        count = sum(item in one for one in missing.values())
        assert api["missing"][item] == told["missing"][item] == page["found"].items[item] == count
    assert len(told["exemptions"]) == expected.exempt


def test_sites_systems_and_critical_assets_have_their_own_figures(at: datetime) -> None:
    assets = counting(assorted(150, seed=11, at=at))
    found = coverage.coverage(coverage.rows(Scope()), at=at)
    for path, figures in (("site", found.by_site), ("system", found.by_system)):
        groups: dict[str, list[Asset]] = {}
        for one in assets:
            held = getattr(one, path)
            groups.setdefault(held.slug if held else "", []).append(one)
        told = {one.slug: (one.complete, one.counted, one.exempt) for one in figures}
        for slug, members in groups.items():
            pure = rules.coverage([facts(one) for one in members], at=at)
            assert told.get(slug, (0, 0, 0)) == (pure.complete, pure.counted, pure.exempt), slug
    critical = rules.coverage([facts(one) for one in assets if (one.criticality or 0) >= 4], at=at)
    assert (found.critical.complete, found.critical.counted) == (
        critical.complete, critical.counted,
    )  # fmt: skip


def test_a_region_counts_what_is_below_it(at: datetime) -> None:
    region = a_site(kind="region")
    inside = complete(a_system(site=a_site(parent=region)))
    an_asset()
    found = coverage.coverage(coverage.rows(Scope(site=region.slug)), at=at)
    assert (found.total.complete, found.total.counted) == (1, 1)
    assert coverage.rows(Scope(site="atlantis")).count() == 0
    assert [one.slug for one in found.by_system] == [inside.system.slug]


def test_an_owner_who_leaves_opens_a_gap_at_once_and_a_no_too(at: datetime) -> None:
    asset = complete()
    assert coverage.lacking([asset.pk], at=at) == {asset.pk: []}
    assert asset.owner is not None
    an_answer(asset, user=asset.owner, answer="not_mine", word="belongs to logistics")
    assert coverage.lacking([asset.pk], at=at) == {asset.pk: [Item.BUSINESS_OWNER]}
    other = complete()
    assert other.technical_owner is not None
    other.technical_owner.is_active = False
    other.technical_owner.save()
    assert coverage.lacking([other.pk], at=at) == {other.pk: [Item.TECHNICAL_OWNER]}


def test_what_is_listed_by_hand_is_seen_when_its_owner_confirms(at: datetime) -> None:
    asset = complete(source_key="own/1", first_seen_at=at - timedelta(days=90))
    assert coverage.lacking([asset.pk], at=at) == {asset.pk: [Item.SEEN]}
    an_answer(asset, user=a_user(), answered_at=at)
    assert coverage.lacking([asset.pk], at=at) == {asset.pk: []}


def test_an_exemption_ends_on_its_instant(at: datetime) -> None:
    asset = an_asset()
    an_exemption(asset, expires_at=at + timedelta(days=1))
    assert coverage.lacking([asset.pk], at=at) == {asset.pk: None}
    later = at + timedelta(days=1)
    assert coverage.total(coverage.rows(Scope()), at=later).counted == 1


def test_a_column_does_not_count(at: datetime) -> None:
    column = a_column(complete())
    assert coverage.lacking([column.pk], at=at) == {}


def test_the_command_speaks_to_people_and_knows_its_scopes(at: datetime) -> None:
    an_exemption(an_asset(name="old"))
    an_asset(name="badge", system=a_system(slug="mes"))
    out = StringIO()
    with time_machine.travel(NOW, tick=False):
        call_command("coverage", system="mes", stdout=out)
    assert "total: 0.0%, 0 of 1" in out.getvalue()
    assert "plant.mes.badge (table): business_owner, technical_owner, classification, zone" in (
        out.getvalue()
    )
    out = StringIO()
    with time_machine.travel(NOW, tick=False):
        call_command("coverage", sql=True, stdout=out)
    assert "catalog_coverage" in out.getvalue()
    for scope in ({"system": "atlantis"}, {"site": "atlantis"}):
        with pytest.raises(CommandError, match="atlantis"):
            call_command("coverage", **scope)


def test_machines_read_times_as_rfc_3339_and_systems_by_name_whatever_their_case() -> None:
    until = NOW + timedelta(days=3)
    an_exemption(an_asset(system=a_system(name="bolts")), expires_at=until)
    for name in ("Anvils", "Casts"):
        an_asset(system=a_system(name=name))
    with time_machine.travel(NOW, tick=False):
        told = command()
    assert told["at"] == NOW.isoformat()
    assert "T" in told["at"]
    assert told["exemptions"][0]["exempt_until"] == until.isoformat()
    assert [one["name"] for one in told["by_system"]] == ["Anvils", "bolts", "Casts"]


def test_nobody_sees_in_figures_what_they_may_not_see() -> None:
    mine = an_asset()
    an_asset()
    client = proven(a_member("steward", site=mine.site))
    assert client.get("/api/v1/coverage/").json()["total"]["counted"] == 1
    assert client.get("/catalog/coverage/").context["page"]["found"].total.counted == 1
    assert client.get("/api/v1/coverage/", {"item": "luck"}).status_code == 400
