"""A look at values: bounded, the same twice, and told where it may not be."""

import psycopg
import pytest
from psycopg import conninfo, sql

from catalog.harvest import postgresql, sampling
from catalog.harvest.postgresql import HarvestFailed
from catalog.harvest.sampling import Sample, Unsampled
from tests.databases import PlantDatabase, PlantRole

TABLES = """
    CREATE SCHEMA mes;
    CREATE DOMAIN mes.code AS text;
    CREATE TABLE mes.part (
        id int, note text, made_on date, price money, weight float8, blob bytea, tags text[],
        serial mes.code, is_scrap boolean);
    INSERT INTO mes.part SELECT n, CASE WHEN n > 3 THEN 'part ' || n % 500 END,
        date '2026-01-31' + n % 9, 1, 1, '', '{}', 'S' || n, true FROM generate_series(1, 2000) n;
    CREATE VIEW mes.all_parts AS SELECT * FROM mes.part;
    CREATE FUNCTION mes.trap() RETURNS text LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'secret value 4711'; END $$;
    CREATE VIEW mes.trapped AS SELECT mes.trap() AS x;
"""


def look(dsn: str, **over: int) -> tuple[dict[str, tuple[str, ...]], set[tuple[str, str]]]:
    """Sample all columns; return values by name of column, and what was not read."""
    rows = postgresql.read(dsn).harvested().rows
    names = {row.source_key: ".".join(row.path[2:]) for row in rows if len(row.path) == 4}
    found = list(sampling.sample(dsn, names, **over))
    samples = {names[one.source_key]: one.values for one in found if isinstance(one, Sample)}
    return samples, {(one.place, one.code) for one in found if isinstance(one, Unsampled)}


def as_role(dsn: str, role: str, grants: str) -> str:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL(grants).format(role=sql.Identifier(role)))  # type: ignore[arg-type]
    return conninfo.make_conninfo(dsn, user=role)


def test_text_numbers_and_dates_of_stored_rows_are_sampled(plant_database: PlantDatabase) -> None:
    samples, unread = look(plant_database(TABLES))
    assert set(samples) == {"part.id", "part.note", "part.made_on", "part.serial"}
    assert not unread
    assert len(samples["part.note"]) == len(set(samples["part.note"])) == sampling.MOST_VALUES
    assert set(samples["part.made_on"]) <= {f"2026-02-{day:02}" for day in range(1, 9)} | {
        "2026-01-31"
    }


def test_unchanged_data_give_the_same_values_again(plant_database: PlantDatabase) -> None:
    dsn = plant_database(TABLES)
    assert look(dsn) == look(dsn)


def test_a_large_table_is_read_in_blocks(
    plant_database: PlantDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "MOST_ROWS", 20)
    monkeypatch.setattr(sampling, "FEWEST_BLOCKS", 5)
    dsn = plant_database(TABLES)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("ANALYZE mes.part")
    samples, _ = look(dsn)
    assert len(samples["part.id"]) == 20
    assert set(samples["part.id"]) != {str(n) for n in range(1, 21)}
    assert look(dsn)[0] == samples


def test_what_the_role_may_not_read_is_told_and_the_rest_read(
    plant_database: PlantDatabase, plant_role: PlantRole
) -> None:
    dsn = plant_database(TABLES + "CREATE TABLE mes.open (a text); INSERT INTO mes.open VALUES (1)")
    dsn = as_role(
        dsn,
        plant_role("reader"),
        "GRANT USAGE ON SCHEMA mes TO {role}; GRANT SELECT (id) ON mes.part TO {role};"
        " GRANT SELECT ON mes.open TO {role}",
    )
    samples, unread = look(dsn)
    assert set(samples) == {"part.id", "open.a"}
    assert unread == {(f"mes.part.{name}", "forbidden") for name in ("note", "made_on", "serial")}


def test_a_policy_of_a_table_runs_no_function(
    plant_database: PlantDatabase, plant_role: PlantRole
) -> None:
    dsn = plant_database(
        TABLES + "CREATE TABLE mes.guarded (a text); ALTER TABLE mes.guarded ENABLE ROW LEVEL"
        " SECURITY; CREATE POLICY p ON mes.guarded USING (mes.trap() = a)"
    )
    dsn = as_role(
        dsn,
        plant_role("reader"),
        "GRANT USAGE ON SCHEMA mes TO {role}; GRANT SELECT ON mes.guarded TO {role}",
    )
    _, unread = look(dsn)
    assert ("mes.guarded.a", "row_security") in unread


def test_a_table_that_takes_too_long_is_told_and_the_rest_read(
    plant_database: PlantDatabase,
) -> None:
    dsn = plant_database(TABLES + "CREATE TABLE mes.late (a text); INSERT INTO mes.late VALUES (1)")
    with psycopg.connect(dsn) as blocker:
        rows = postgresql.read(dsn).harvested().rows
        keys = [row.source_key for row in rows if len(row.path) == 4]
        blocker.execute("LOCK mes.late IN ACCESS EXCLUSIVE MODE")
        found = list(sampling.sample(dsn, keys, statement_seconds=1))
    assert Unsampled("mes.late", "timeout") in found
    assert sum(isinstance(one, Sample) for one in found) == 4


def test_a_sample_does_not_show_its_values(plant_database: PlantDatabase) -> None:
    assert "4711" not in repr(Sample("1/2/3", ("4711",)))


@pytest.mark.parametrize("key", ["plant.mes.part.id", "1/2", "1/x/3", "999999/1/1"])
def test_a_key_of_another_source_is_passed_over(plant_database: PlantDatabase, key: str) -> None:
    assert list(sampling.sample(plant_database(TABLES), [key])) == []


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(HarvestFailed, match="nothing listens"):
        list(sampling.sample("postgresql://nobody@127.0.0.1:1/x", ["1/2/3"]))
