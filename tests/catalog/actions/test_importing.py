"""A sheet changes what its reader edited and nothing else, with the rights of who imports it."""

import csv
import io
import re
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from catalog.actions import harvesting, importing
from catalog.domain.inventory import COLUMNS, Judged, Line, stamp
from catalog.errors import InventoryMoved, NoReason
from catalog.inventory import reader, writer
from catalog.models import Asset, LabelAssertion
from catalog.queries import inventory, judging
from governance import boundary
from governance.domain.actor import Actor
from governance.errors import Refused
from governance.models import AuditEvent, GovernedSystem
from tests.builders.catalog import an_asset, harvested
from tests.builders.coverage import a_rule
from tests.builders.governance import a_member, a_site, a_system, a_user
from tests.builders.zones import a_zone

pytestmark = pytest.mark.django_db
Edits = dict[str, dict[str, Any]]


@pytest.fixture
def system(operator: Actor, at: datetime) -> GovernedSystem:
    system = a_system(slug="mes")
    harvesting.take_in(system, harvested("a", "b", "c"), by=operator, at=at)
    return system


def pick(system: GovernedSystem, name: str) -> Asset:
    return Asset.objects.get(system=system, name=name, kind="table")


def exported(rows: Any = None) -> list[dict[str, Any]]:
    return list(inventory.shown(Asset.objects.live() if rows is None else rows))


def sheet(*, ending: str = "csv", edits: Edits | None = None) -> tuple[Line, ...]:
    """Export all, edit cells of the rows with these names, and read the file."""
    if ending == "csv":
        text = writer.as_csv(exported()).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
        for row in rows:
            row.update((edits or {}).get(row["full_name"], {}))
        out = io.StringIO()
        to = csv.DictWriter(out, COLUMNS)
        to.writeheader()
        to.writerows(rows)
        return reader.read(out.getvalue().encode()).lines
    book = load_workbook(io.BytesIO(writer.as_xlsx(exported())))
    table = book.active
    assert table is not None
    for cells in table.iter_rows(min_row=2):
        for name, value in (edits or {}).get(cells[2].value, {}).items():
            cells[COLUMNS.index(name)].value = value
    saved = io.BytesIO()
    book.save(saved)
    return reader.read(saved.getvalue()).lines


def lines(*rows: dict[str, Any]) -> tuple[Line, ...]:
    return tuple(
        Line(number, {name: str(value) for name, value in row.items()})
        for number, row in enumerate(rows, start=2)
    )


def why(rows: Iterable[Judged]) -> list[str]:
    return [f"{one.column}: {one.reason}" for row in rows for one in row.refusals]


def bring(
    given: tuple[Line, ...], *, by: Actor, at: datetime, reason: str = "inventory 2026"
) -> importing.Imported:
    plan = judging.plan(given, by=by, at=at)
    return importing.apply(given, digest=plan.digest, reason=reason, by=by, at=at)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_what_was_exported_changes_nothing(
    ending: str, system: GovernedSystem, operator: Actor, at: datetime
) -> None:
    zone = a_zone(site=system.site)
    for text in (
        "=cmd|' /C calc'!A1",
        "'quoted",
        "a\x1bb\r\nc",
        "_x0041_",
        " blanks ",
        "x" * 40_000,
    ):
        an_asset(
            system=system,
            description=text,
            owner=a_user(),
            steward=a_user(email="Mixed.Case@example.org") if text == "'quoted" else None,
            zone=zone,
            retention=None,
            level=2,
            criticality=3,
        )
    before = AuditEvent.objects.count()
    plan = judging.plan(sheet(ending=ending), by=operator, at=at)
    assert plan.counts == {"new": 0, "changed": 0, "unchanged": Asset.objects.count(), "refused": 0}
    with pytest.raises(Refused, match="Nothing"):
        bring(sheet(ending=ending), by=operator, at=at)
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_two_edited_cells_are_what_changes(
    ending: str, system: GovernedSystem, operator: Actor, at: datetime
) -> None:
    ana = a_user()
    edits: Edits = {
        "plant.mes.a": {"owner": ana.email},
        "plant.mes.b": {"criticality": 4},
    }
    before = {row["id"]: row for row in exported()}
    done = bring(sheet(ending=ending, edits=edits), by=operator, at=at)
    assert (done.new, done.changed, done.refused) == (0, 2, 0)
    moved = {
        (row["full_name"], name)
        for row in exported()
        for name in COLUMNS
        if row.get(name) != before[row["id"]].get(name)
    }
    # The column of the table has the owner by inheritance.
    assert moved == {
        ("plant.mes.a", "owner"), ("plant.mes.a.id", "owner"), ("plant.mes.b", "criticality")
    }  # fmt: skip
    assert list(Asset.objects.exclude(stated_owner=None)) == [pick(system, "a")]
    for act, asset in (("assign", "a"), ("describe", "b")):
        event = AuditEvent.objects.get(act=f"catalog:asset:{act}")
        assert (event.object, event.actor) == (pick(system, asset).ref, operator.ref)
        assert event.facts["reason"] == "inventory 2026"


def test_every_stated_column_is_taken_and_taken_back(
    system: GovernedSystem, operator: Actor, at: datetime
) -> None:
    site = a_site(parent=system.site)
    zone = a_zone(site=site, slug="cell")
    people = [a_user() for _ in range(3)]
    rule = a_rule()
    row = {
        "id": pick(system, "a").pk,
        "site": site.slug,
        "zone": "cell",
        "owner": people[0].email.upper(),
        "technical_owner": people[1].email,
        "steward": people[2].email,
        "retention": rule.slug,
        "level": "Confidential",
        "criticality": "5",
    }
    assert bring(lines(row), by=operator, at=at).changed == 1
    asset = pick(system, "a")
    assert (asset.stated_site, asset.stated_zone, asset.retention) == (site, zone, rule)
    assert [asset.owner, asset.technical_owner, asset.steward] == people
    assert (asset.level, asset.criticality) == (2, 5)
    label = LabelAssertion.objects.get(asset=asset)
    assert (label.source, label.actor, label.reason) == ("human", operator.ref, "inventory 2026")
    emptied = {**dict.fromkeys(row, ""), "id": asset.pk, "level": "confidential"}
    assert bring(lines(emptied), by=operator, at=at).changed == 1
    asset = pick(system, "a")
    assert (asset.owner, asset.site, asset.zone) == (None, system.site, None)
    assert asset.criticality is None


def test_rows_without_a_number_list_what_nobody_harvests(
    system: GovernedSystem, operator: Actor, at: datetime
) -> None:
    ana = a_user()
    rows = lines(
        {"system": "mes", "full_name": "Line 3.speed", "kind": "column"},
        {"system": "mes", "full_name": "Line 3", "kind": "file", "owner": ana.email,
         "description": "=kept as text", "criticality": "2", "level": "internal"},
        {"system": "mes", "full_name": "PLC-7", "kind": "PLC"},
        {"full_name": "plant.mes.a", "criticality": "1"},
    )  # fmt: skip
    done = bring(rows, by=operator, at=at)
    assert (done.new, done.changed) == (3, 1)
    file = Asset.objects.get(fqn='"Line 3"')
    column = Asset.objects.get(parent=file)
    assert (column.owner, column.site) == (ana, system.site)
    assert (file.description, file.criticality, file.level) == ("=kept as text", 2, 1)
    assert file.source_key.startswith("own/")
    assert Asset.objects.get(fqn='"PLC-7"').parent == Asset.objects.get(source_key="/")
    assert pick(system, "a").criticality == 1
    event = AuditEvent.objects.get(act="catalog:asset:add")
    assert (event.object, event.facts["assets"]) == (system.ref, 3)
    # A second time the same rows are about what is there now.
    assert judging.plan(rows, by=operator, at=at).counts["unchanged"] == 4
    harvesting.take_in(system, harvested("a", "b", "c"), by=operator, at=at)
    assert Asset.objects.get(pk=file.pk).gone_at is None


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"owner": "nobody@example.org"}, "owner: no active person"),
        ({"owner": "left@example.org"}, "owner: no active person"),
        ({"steward": "partner@example.org"}, "steward: no active person"),
        ({"site": "atlantis"}, "site: there is no site"),
        ({"zone": "nowhere"}, "zone: there is no zone"),
        ({"zone": "elsewhere"}, "zone: the asset does not stand"),
        ({"retention": "forever"}, "retention: there is no"),
        ({"level": "secret"}, "level: 'secret' is not one of"),
        ({"criticality": "6"}, "criticality: '6' is no number"),
        ({"criticality": "1.23E+15"}, "criticality: '1.23E\\+15' is a number that"),
        ({"owner": "1,5E+12"}, "owner: '1,5E\\+12' is a number"),
        ({"owner": "#REF!"}, "owner: '#REF!' is what a formula"),
        ({"owner": "a\0b"}, "owner: it holds a NUL"),
        ({"owner": "\u202egro.elpmaxe@ana"}, "owner: it holds marks"),
        ({"owner": ""}, "owner: it is inherited"),
        ({"description": "mine"}, "description: the source describes it"),
        ({"full_name": "plant.mes.other"}, "full_name: asset .* a sheet does not change it"),
        ({"kind": "view"}, "kind: asset .* is 'table' here"),
        ({"id": "1.23E+15"}, "id: '1.23E\\+15' is a number that"),
        ({"id": "99999999"}, "id: there is no live asset"),
        ({"id": "9" * 30}, "id: '9+' is not the number"),
        ({"id": "x"}, "id: 'x' is not the number"),
        ({"owner": "fine@example.org", "stamp": "v1"}, "stamp: the asset has changed"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_taken_says_where_and_why(
    row: dict[str, str], reason: str, system: GovernedSystem, operator: Actor, at: datetime
) -> None:
    a_user(email="left@example.org", is_active=False)
    a_user(email="partner@example.org", party="partners.partner:1")
    a_user(email="fine@example.org")
    a_zone(slug="elsewhere")
    Asset.objects.filter(system=system).update(owner=a_user(email="above@example.org"))
    (found,) = judging.plan(lines({"id": pick(system, "a").pk, **row}), by=operator, at=at).rows
    (said,) = why([found])
    assert found.line == 2
    assert re.match(reason, said), said


def test_a_row_of_an_older_state_is_told_to_be_outdated_and_no_more(
    system: GovernedSystem, operator: Actor, at: datetime
) -> None:
    asset = pick(system, "a")
    (row,) = exported(Asset.objects.filter(pk=asset.pk))
    empty = lines({"id": asset.pk, "owner": "", "stamp": stamp(row)})
    assert judging.plan(empty, by=operator, at=at).counts["unchanged"] == 1
    Asset.objects.filter(system=system).update(owner=a_user(email="above@example.org"))
    (found,) = judging.plan(empty, by=operator, at=at).rows
    assert why([found]) == [
        "stamp: the asset has changed since this sheet was exported: export it anew"
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({}, "full_name: a part of it is empty"),
        ({"full_name": "x"}, "system: a new asset names its system"),
        ({"full_name": "x", "system": "atlantis", "kind": "file"}, "system: there is no"),
        ({"full_name": "x", "system": "mes"}, "kind: a new asset names its kind"),
        ({"full_name": "x", "system": "mes", "kind": "robot"}, "kind: 'robot' is no kind"),
        ({"full_name": "x", "system": "mes", "kind": "table"}, "kind: a system does not hold"),
        ({"full_name": "no.x", "system": "mes", "kind": "file"}, "full_name: nothing called no"),
        ({"full_name": "a..b", "system": "mes", "kind": "file"}, "full_name: a part"),
        ({"full_name": '"a', "system": "mes", "kind": "file"}, "full_name: its quotes"),
        ({"full_name": "a\u200fb", "system": "mes", "kind": "file"}, "full_name: it holds char"),
        ({"full_name": "a\u202eb", "system": "mes", "kind": "file"}, "full_name: it holds marks"),
        ({"full_name": "x" * 10_000, "system": "mes", "kind": "file"}, "full_name: a name has"),
        ({"full_name": "a\0b", "system": "mes", "kind": "file"}, "full_name: it holds a NUL"),
        ({"full_name": "x", "system": "mes", "kind": "file", "description": "y" * 20_001},
         "description: 20,001 characters"),
    ],
)  # fmt: skip
def test_a_new_row_that_cannot_be_taken_says_why(
    row: dict[str, str], reason: str, system: GovernedSystem, operator: Actor, at: datetime
) -> None:
    before = Asset.objects.count()
    (found,) = judging.plan(lines({"system": "", "kind": "", **row}), by=operator, at=at).rows
    assert found.refusals[0].reason
    assert why([found])[0].startswith(reason), why([found])
    assert Asset.objects.count() == before


def test_doubles_are_refused_both(system: GovernedSystem, operator: Actor, at: datetime) -> None:
    new = {"system": "mes", "full_name": "x", "kind": "file"}
    key = pick(system, "a").pk
    plan = judging.plan(
        lines({"id": key}, {"id": key, "criticality": "2"}, new, new, {"full_name": "plant.mes.a"}),
        by=operator,
        at=at,
    )
    assert plan.counts["refused"] == 5
    assert "row 3, 6 too" in why(plan.rows)[0]


def test_a_name_that_two_systems_have_is_ambiguous(
    system: GovernedSystem, operator: Actor, at: datetime
) -> None:
    other = a_system(slug="erp")
    harvesting.take_in(other, harvested("a"), by=operator, at=at)
    row = {"full_name": "plant.mes.a", "criticality": "2"}
    plan = judging.plan(lines(row, {**row, "system": "erp"}), by=operator, at=at)
    assert why(plan.rows) == ["full_name: 2 assets are called so; name one by its id"]
    assert plan.rows[1].asset == pick(other, "a").pk


def test_what_stands_in_a_refused_row_is_refused_too(
    system: GovernedSystem, operator: Actor, at: datetime
) -> None:
    plan = judging.plan(
        lines(
            {"system": "mes", "full_name": "f", "kind": "file", "owner": "no@example.org"},
            {"system": "mes", "full_name": "f.c", "kind": "column"},
        ),
        by=operator,
        at=at,
    )
    assert plan.counts["refused"] == 2


def test_confidential_data_have_two_owners(
    system: GovernedSystem, operator: Actor, at: datetime
) -> None:
    ana, eva = a_user(), a_user()
    row = {"id": pick(system, "a").pk, "owner": ana.email, "technical_owner": ana.email}
    both = judging.plan(lines({**row, "level": "restricted"}), by=operator, at=at)
    assert "two people" in why(both.rows)[0]
    assert bring(lines({**row, "technical_owner": eva.email, "level": "restricted"}),
                 by=operator, at=at).changed == 1  # fmt: skip
    swapped = {**row, "owner": eva.email, "level": "restricted"}
    assert "second import" in why(judging.plan(lines(swapped), by=operator, at=at).rows)[0]
    lower = judging.plan(lines({"id": row["id"], "level": "internal"}), by=operator, at=at)
    assert "two people" in why(lower.rows)[0]


def test_an_edit_of_an_outdated_sheet_is_refused_and_the_rest_is_taken(
    system: GovernedSystem, operator: Actor, at: datetime
) -> None:
    ana, eva = a_user(), a_user()
    old = sheet(edits={"plant.mes.a": {"owner": ana.email}, "plant.mes.b": {"owner": ana.email}})
    bring(lines({"id": pick(system, "a").pk, "owner": eva.email}), by=operator, at=at)
    plan = judging.plan(old, by=operator, at=at)
    # What inherits from the changed table shows another owner now, and is not stated back.
    assert plan.counts == {
        "new": 0, "changed": 1, "refused": 2, "unchanged": Asset.objects.count() - 3
    }  # fmt: skip
    bring(old, by=operator, at=at)
    assert (pick(system, "a").owner, pick(system, "b").owner) == (eva, ana)


def test_rows_of_sites_that_are_not_ones_own_are_refused_row_by_row(at: datetime) -> None:
    mine, other = an_asset(), an_asset()
    zone = a_zone(site=other.site, slug="theirs")
    by = a_member("steward", site=mine.site)
    reader_only = a_member("auditor", site=mine.site)
    rows = lines(
        {"id": mine.pk, "criticality": "3"},
        {"id": other.pk, "criticality": "3"},
        {"id": mine.pk + 10**6, "site": ""},
        {"system": other.system.slug, "full_name": "x", "kind": "file"},
        {"full_name": mine.fqn, "system": mine.system.slug, "site": zone.site.slug},
    )
    with boundary.acting(by.as_actor(), at=at):
        plan = judging.plan(rows, by=by.as_actor(), at=at)
        assert [row.state.value for row in plan.rows] == ["refused"] * 5
        assert "row 6 too" in why(plan.rows)[0]
        plan = judging.plan(rows[:4], by=by.as_actor(), at=at)
        assert plan.counts == {"new": 0, "changed": 1, "unchanged": 0, "refused": 3}
        assert why(plan.rows) == [
            f"id: there is no live asset {other.pk}, or none for you",
            f"id: there is no live asset {mine.pk + 10**6}, or none for you",
            ": you may not list assets there",
        ]
        bring(rows[:4], by=by.as_actor(), at=at)
    other.refresh_from_db()
    assert other.criticality is None
    assert not Asset.objects.filter(name="x").exists()
    given = lines({"id": mine.pk, "criticality": "1", "owner": by.email, "level": "internal"})
    plan = judging.plan(given, by=reader_only.as_actor(), at=at)
    assert why(plan.rows) == [
        ": you may not assign owners, sites or zones of this asset",
        ": you may not describe this asset",
        "level: you may not decide about labels there",
    ]


def test_a_plan_that_is_another_one_now_is_not_written(
    system: GovernedSystem, operator: Actor, at: datetime
) -> None:
    given = lines({"id": pick(system, "a").pk, "criticality": "2"})
    digest = judging.plan(given, by=operator, at=at).digest
    with pytest.raises(NoReason):
        importing.apply(given, digest=digest, reason=" ", by=operator, at=at)
    pick(system, "a")
    Asset.objects.filter(system=system, name="a").update(criticality=5)
    with pytest.raises(InventoryMoved):
        importing.apply(given, digest=digest, reason="x", by=operator, at=at)
    assert pick(system, "a").criticality == 5


@pytest.mark.parametrize("tables", [500, pytest.param(5000, marks=pytest.mark.soak)])
def test_ten_thousand_rows_take_seconds_and_few_queries(
    tables: int, operator: Actor, at: datetime
) -> None:
    system = a_system(slug="large")
    names = [f"t{number}" for number in range(tables)]
    harvesting.take_in(system, harvested(*names), by=operator, at=at)
    people = [a_user() for _ in range(5)]
    edits: Edits = {
        f"plant.mes.t{n}": {"owner": people[n % 5].email, "criticality": n % 5 + 1}
        for n in range(tables)
    }
    content = writer.as_xlsx({**row, **edits.get(row["full_name"], {})} for row in exported())
    begun = time.process_time()
    given = reader.read(content).lines
    assert len(given) > 2 * tables
    # Stamps are of the edited rows here.
    given = tuple(Line(one.number, {**one.cells, "stamp": ""}) for one in given)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        plan = judging.plan(given, by=operator, at=at)
        planned = len(queries)
        importing.apply(given, digest=plan.digest, reason="large", by=operator, at=at)
    assert plan.counts["changed"] == tables
    assert planned < 20
    assert len(queries) < 300
    assert time.process_time() - begun < 15
