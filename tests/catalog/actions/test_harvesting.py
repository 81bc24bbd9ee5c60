"""Harvest into the catalog: what is written, what is not, and what stays after a failure."""

from datetime import datetime, timedelta

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.actions import harvesting
from catalog.errors import NotHarvested
from catalog.harvest.rows import ForeignKeyRow
from catalog.models import Asset, Edge, HarvestRun, LabelAssertion
from governance import boundary, box
from governance.domain.actor import Actor
from governance.errors import BadInput, NotAllowed
from governance.models import AuditEvent, DecisionLog, GovernedSystem
from tests.builders.catalog import PLANT, an_asset, harvested
from tests.builders.governance import a_site, a_system, a_user
from tests.databases import PlantDatabase

pytestmark = pytest.mark.django_db


def touched(system: GovernedSystem) -> dict[int, int]:
    """Return the transaction-independent version of each row: its place in the table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, ctid::text FROM catalog_asset WHERE system_id = %s", [system.pk])
        return dict(cursor.fetchall())


def names(system: GovernedSystem) -> set[str]:
    return set(Asset.objects.live().filter(system=system).values_list("fqn", flat=True))


def test_the_tree_stands_as_the_source_states_it(
    operator: Actor, at: datetime, plant_database: PlantDatabase
) -> None:
    system = a_system(dsn=plant_database(PLANT))
    run = harvesting.harvest(system, by=operator, at=at)
    kinds = list(Asset.objects.filter(system=system).values_list("kind", flat=True))
    # public stands beside mes in every new database
    counted = {kind: kinds.count(kind) for kind in set(kinds)}
    assert counted == {"system": 1, "database": 1, "schema": 2, "table": 2, "view": 1, "column": 12}
    assert (run.new, run.changed, run.gone, run.unchanged) == (18, 0, 0, 0)
    column = Asset.objects.get(system=system, name="operator_name")
    above = [column.parent, column.parent.parent, column.parent.parent.parent.parent]  # type: ignore[union-attr]
    assert [asset.kind for asset in above if asset] == ["table", "schema", "system"]
    assert (column.physical_type, column.nullable, column.ordinal) == ("text", False, 2)
    edge = Edge.objects.get(src__system=system, kind="foreign_key")
    assert (edge.src.name, edge.dst.fqn.rpartition("mes.")[2]) == ("operator_id", "operator.id")
    assert {asset.site_id for asset in Asset.objects.filter(system=system)} == {system.site_id}


def test_an_unchanged_source_writes_nothing_but_the_run(
    operator: Actor, at: datetime, plant_database: PlantDatabase
) -> None:
    system = a_system(dsn=plant_database(PLANT))
    harvesting.harvest(system, by=operator, at=at)
    before, events = touched(system), AuditEvent.objects.count()
    labels = LabelAssertion.objects.count()
    with CaptureQueriesContext(connection) as queries:
        run = harvesting.harvest(system, by=operator, at=at + timedelta(days=1))
    assert (run.new, run.changed, run.gone, run.unchanged) == (0, 0, 0, 18)
    assert run.proposed == 0
    assert touched(system) == before
    assert AuditEvent.objects.count() == events + 1, "the run alone"
    assert LabelAssertion.objects.count() == labels
    assert len(queries) < 45, "the number of statements does not grow with the rows"


def test_a_source_known_again_is_not_compared_row_by_row(
    operator: Actor, at: datetime, plant_database: PlantDatabase
) -> None:
    dsn = plant_database(PLANT)
    system = a_system(dsn=dsn)
    harvesting.harvest(system, by=operator, at=at)
    steps: list[str] = []
    run = harvesting.harvest(
        system, by=operator, at=at + timedelta(days=1), progress=lambda step, _: steps.append(step)
    )
    assert (steps[-1], run.unchanged, run.is_complete) == ("as before", 18, True)


@pytest.mark.parametrize(
    "touch",
    [
        "UPDATE catalog_asset SET gone_at = now() WHERE name = 'line_code'",
        "UPDATE catalog_asset SET fingerprint = 'x' WHERE name = 'operator_name'",
        "UPDATE catalog_asset SET site_id = (SELECT max(id) FROM governance_site)"
        " WHERE kind = 'system'",
        "DELETE FROM catalog_edge WHERE kind = 'foreign_key'",
        "UPDATE catalog_edge SET mask = 'hash' WHERE kind = 'direct'",
        "UPDATE catalog_harvestrun SET rules = 'others'",
    ],
)
def test_a_known_source_is_taken_in_again_where_the_catalog_is_not_as_it_was_left(
    operator: Actor, at: datetime, plant_database: PlantDatabase, touch: str
) -> None:
    """Whatever else changed what a harvest keeps, the next one puts it right."""
    system = a_system(dsn=plant_database(PLANT))
    a_site(parent=system.site)
    harvesting.harvest(system, by=operator, at=at)
    with connection.cursor() as cursor:
        cursor.execute(touch)
        assert cursor.rowcount
    steps: list[str] = []
    harvesting.harvest(
        system, by=operator, at=at + timedelta(days=1), progress=lambda step, _: steps.append(step)
    )
    assert "compared" in steps
    assert not Asset.objects.filter(system=system).exclude(gone_at=None).exists()
    assert not Edge.objects.filter(mask="hash").exists()
    assert Edge.objects.filter(kind="foreign_key", gone_at=None).exists()


def test_a_known_source_still_tells_how_many_rows_it_has(
    operator: Actor, at: datetime, plant_database: PlantDatabase
) -> None:
    dsn = plant_database(PLANT)
    system = a_system(dsn=dsn)
    harvesting.harvest(system, by=operator, at=at)
    with psycopg.connect(dsn, autocommit=True) as source:
        source.execute("INSERT INTO mes.operator SELECT g, 'x' FROM generate_series(1, 500) g")
        source.execute("ANALYZE mes.operator")
    steps: list[str] = []
    harvesting.harvest(
        system, by=operator, at=at + timedelta(days=1), progress=lambda step, _: steps.append(step)
    )
    assert steps[-1] == "as before"
    assert Asset.objects.get(system=system, name="operator").row_estimate == 500


def test_every_sort_of_change_is_told_apart(
    operator: Actor, at: datetime, plant_database: PlantDatabase
) -> None:
    dsn = plant_database(PLANT)
    system = a_system(dsn=dsn)
    harvesting.harvest(system, by=operator, at=at)
    worker = Asset.objects.get(system=system, name="operator")
    with psycopg.connect(dsn, autocommit=True) as source:
        source.execute("DROP VIEW mes.open_order")
        source.execute("ALTER TABLE mes.operator RENAME TO worker")
        source.execute("ALTER TABLE mes.work_order DROP COLUMN line_code, ADD COLUMN lot text")
    later = at + timedelta(days=1)
    run = harvesting.harvest(system, by=operator, at=later)
    # Gone: the view, its two columns, line_code. Changed: worker with its five columns, and the
    # three columns that moved up one place.
    assert (run.new, run.changed, run.gone) == (1, 6 + 3, 4)
    worker.refresh_from_db()
    assert (worker.name, worker.gone_at, worker.first_seen_at) == ("worker", None, at)
    assert any(text.endswith("mes.operator -> " + worker.fqn) for text in run.changes["changed"])
    assert run.changes["new"] == [Asset.objects.get(system=system, name="lot").fqn]
    gone = Asset.objects.filter(system=system, gone_at=later).values_list("name", flat=True)
    assert set(gone) == {"open_order", "id", "line_code"}


def test_a_partial_harvest_removes_nothing(operator: Actor, at: datetime) -> None:
    system = a_system()
    harvesting.take_in(system, harvested("a", "b"), by=operator, at=at)
    run = harvesting.take_in(system, harvested("a", complete=False), by=operator, at=at)
    assert (run.gone, run.is_complete) == (0, False)
    assert "plant.mes.b" in names(system)


def test_what_comes_back_keeps_its_identity(operator: Actor, at: datetime) -> None:
    system = a_system()
    harvesting.take_in(system, harvested("a"), by=operator, at=at)
    first = Asset.objects.get(system=system, name="a")
    later = at + timedelta(days=1)
    harvesting.take_in(system, harvested(), by=operator, at=later)
    first.refresh_from_db()
    assert first.gone_at == later
    run = harvesting.take_in(system, harvested("a"), by=operator, at=later)
    first.refresh_from_db()
    assert first.gone_at is None
    assert (run.new, run.changed) == (0, 2)


def test_a_restored_dump_with_other_keys_is_the_same_catalog(operator: Actor, at: datetime) -> None:
    system = a_system()
    harvesting.take_in(system, harvested("a", "b"), by=operator, at=at)
    first = Asset.objects.get(system=system, name="a")
    keys = {"a": "1/901", "b": "1/902"}
    run = harvesting.take_in(system, harvested("a", "b", keys=keys), by=operator, at=at)
    assert (run.new, run.changed, run.gone) == (0, 0, 0)
    first.refresh_from_db()
    assert (first.source_key, first.gone_at) == ("1/901", None)


def test_two_assets_may_swap_their_names(operator: Actor, at: datetime) -> None:
    system = a_system()
    keys = {"a": "1/11", "b": "1/12"}
    harvesting.take_in(system, harvested("a", "b", keys=keys), by=operator, at=at)
    first = Asset.objects.get(source_key="1/11", system=system)
    keys = {"a": "1/12", "b": "1/11"}
    harvesting.take_in(system, harvested("a", "b", keys=keys), by=operator, at=at)
    first.refresh_from_db()
    assert first.name == "b"


def test_a_foreign_key_that_is_dropped_is_gone_and_may_return(
    operator: Actor, at: datetime
) -> None:
    system = a_system()
    link = ForeignKeyRow("b_a", ("1/b/1",), ("1/a/1",))
    harvesting.take_in(system, harvested("a", "b", links=(link,)), by=operator, at=at)
    edge = Edge.objects.get(src__system=system, kind="foreign_key")
    harvesting.take_in(system, harvested("a", "b"), by=operator, at=at)
    edge.refresh_from_db()
    assert edge.gone_at == at
    harvesting.take_in(system, harvested("a", "b", links=(link,)), by=operator, at=at)
    edge.refresh_from_db()
    assert edge.gone_at is None


def test_an_estimate_is_written_only_when_it_moved(operator: Actor, at: datetime) -> None:
    system = a_system()
    harvesting.take_in(system, harvested("a", rows=1000), by=operator, at=at)
    before = touched(system)
    run = harvesting.take_in(system, harvested("a", rows=1050), by=operator, at=at)
    assert touched(system) == before
    run = harvesting.take_in(system, harvested("a", rows=2000), by=operator, at=at)
    assert Asset.objects.get(system=system, name="a").row_estimate == 2000
    assert run.changed == 0


def test_a_source_that_does_not_answer_leaves_its_failed_run_and_nothing_else(
    operator: Actor, at: datetime
) -> None:
    system = a_system(dsn="postgresql://reader:s3cret@127.0.0.1:1/plant")
    kept = an_asset(system=system)
    before = touched(system)
    with pytest.raises(NotHarvested) as failed:
        harvesting.harvest(system, by=operator, at=at)
    run = HarvestRun.objects.get(system=system)
    assert "s3cret" not in str(failed.value) + run.error
    assert run.error
    assert not run.is_complete
    assert touched(system) == before
    kept.refresh_from_db()
    assert kept.gone_at is None


def test_a_mistyped_address_registers_nothing(operator: Actor, at: datetime) -> None:
    site = a_site()
    with pytest.raises(NotHarvested):
        harvesting.connect(
            slug="mes",
            name="MES",
            site=site,
            dsn="postgresql://r:s3cret@127.0.0.1:1/x",
            by=operator,
            at=at,
        )
    assert not GovernedSystem.objects.filter(slug="mes").exists()
    assert not HarvestRun.objects.exists()


def test_a_mistyped_address_of_a_known_system_leaves_its_connection(
    operator: Actor, at: datetime
) -> None:
    system = a_system(dsn="postgresql://r@good/x")
    with pytest.raises(NotHarvested):
        harvesting.connect(
            slug=system.slug,
            name=system.name,
            site=system.site,
            dsn="postgresql://r@127.0.0.1:1/x",
            by=operator,
            at=at,
        )
    system.refresh_from_db()
    assert box.unseal(system.secret) == "postgresql://r@good/x"
    assert HarvestRun.objects.get(system=system).error


def test_a_kind_that_nothing_reads_is_refused(operator: Actor, at: datetime) -> None:
    with pytest.raises(NotHarvested, match="nothing here reads oracle"):
        harvesting.connect(
            slug="x", name="x", site=a_site(), dsn="x", kind="oracle", by=operator, at=at
        )


def test_a_script_states_a_system_that_nobody_can_reach(operator: Actor, at: datetime) -> None:
    taken = {"slug": "mes", "name": "MES", "site": a_site(), "by": operator}
    run = harvesting.take_script(PLANT.encode(), **taken, at=at)
    system = GovernedSystem.objects.get(slug="mes")
    assert not system.is_scheduled, "there is nothing to look into"
    assert run.is_complete
    assert "mes.mes.operator.badge_number" in names(system)
    again = harvesting.take_script(PLANT.encode(), **taken, at=at)
    assert (again.new, again.changed, again.gone) == (0, 0, 0)
    less = PLANT.replace("hired_on date", "hired date").encode()
    changed = harvesting.take_script(less, **taken, at=at)
    assert (changed.new, changed.gone) == (1, 1)


def test_a_script_of_a_live_system_finds_its_assets_by_name(
    operator: Actor, at: datetime, plant_database: PlantDatabase
) -> None:
    system = a_system(dsn=plant_database(PLANT))
    harvesting.harvest(system, by=operator, at=at)
    before = set(Asset.objects.filter(system=system).values_list("pk", flat=True))
    run = harvesting.take_script(
        f"CREATE SCHEMA public; {PLANT}".encode(),
        slug=system.slug,
        name=system.name,
        site=system.site,
        by=operator,
        at=at,
    )
    assert (run.new, run.gone) == (0, 0)
    assert set(Asset.objects.filter(system=system).values_list("pk", flat=True)) == before
    system.refresh_from_db()
    assert system.is_scheduled
    assert box.unseal(system.secret)


def test_a_script_understood_in_part_removes_nothing_and_says_what(
    operator: Actor, at: datetime
) -> None:
    taken = {"slug": "mes", "name": "MES", "site": a_site(), "by": operator}
    harvesting.take_script(PLANT.encode(), **taken, at=at)
    run = harvesting.take_script(b"CREATE TABLE a (x int);\nCREATE TABLE b (x;", **taken, at=at)
    assert (run.is_complete, run.new, run.gone) == (False, 3, 0)
    assert run.changes["unparsed"][0].startswith("line 2: not readable")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "no CREATE TABLE"),
        (b"GRANT ALL ON a TO b;", "no CREATE TABLE"),
        (b"PGDMP\x00\x01", "NUL"),
        (b"\xff\xfa", "UTF-8"),
    ],
)
def test_a_file_that_is_no_script_leaves_nothing(
    operator: Actor, at: datetime, content: bytes, expected: str
) -> None:
    with pytest.raises(BadInput, match=expected):
        harvesting.take_script(content, slug="mes", name="MES", site=a_site(), by=operator, at=at)
    assert not GovernedSystem.objects.filter(slug="mes").exists()
    assert not HarvestRun.objects.exists()


def test_a_new_system_is_of_the_kind_that_its_file_is_for(operator: Actor, at: datetime) -> None:
    run = harvesting.take_script(
        b"CREATE TABLE a (x int)",
        slug="mes",
        name="MES",
        site=a_site(),
        dialect="mysql",
        by=operator,
        at=at,
    )
    assert (run.system.kind, run.system.is_scheduled) == ("mysql", False)


def test_nobody_takes_in_a_script_without_leave(at: datetime) -> None:
    by = a_user().as_actor()
    with pytest.raises(NotAllowed), boundary.acting(by, at=at):
        harvesting.take_script(PLANT.encode(), slug="mes", name="MES", site=a_site(), by=by, at=at)
    assert not GovernedSystem.objects.filter(slug="mes").exists()


def test_nobody_harvests_without_leave(at: datetime) -> None:
    by, system = a_user().as_actor(), a_system()
    with pytest.raises(NotAllowed), boundary.acting(by, at=at):
        harvesting.harvest(system, by=by, at=at)
    assert DecisionLog.objects.filter(subject=by.ref, allow=False).count() == 1
    assert not HarvestRun.objects.exists()


def test_progress_names_each_step(
    operator: Actor, at: datetime, plant_database: PlantDatabase
) -> None:
    steps: list[str] = []
    system = a_system(dsn=plant_database(PLANT))
    harvesting.harvest(system, by=operator, at=at, progress=lambda step, _count: steps.append(step))
    assert steps[-2:] == ["compared", "labels proposed"]
    assert len(steps) == 8
