"""The harvest of real databases, checked against other ways to ask the same server."""

import time
from collections import Counter
from typing import Any

import psycopg
import pytest
from psycopg import conninfo

from catalog.domain.assets import AssetKind
from catalog.harvest.postgresql import HarvestFailed, read
from catalog.harvest.rows import AssetRow, Harvested
from catalog.lineage.scopes import Unresolved
from tests.databases import PlantDatabase, PlantRole, load, portable
from tests.shared import shared

LINE = """
    CREATE SCHEMA mes;
    COMMENT ON SCHEMA mes IS 'manufacturing execution';
    CREATE TABLE mes.operator (id int PRIMARY KEY, full_name text NOT NULL, badge text);
    COMMENT ON TABLE mes.operator IS 'who works on the line';
    COMMENT ON COLUMN mes.operator.badge IS 'as printed';
    ALTER TABLE mes.operator DROP COLUMN badge, ADD COLUMN "Badge.No" varchar(12);
    CREATE TABLE mes.reading (
        line int, at timestamptz, operator int REFERENCES mes.operator, value numeric(8,2),
        doubled numeric GENERATED ALWAYS AS (value * 2) STORED,
        PRIMARY KEY (at, line)
    ) PARTITION BY RANGE (at);
    CREATE TABLE mes.reading_2025 PARTITION OF mes.reading
        FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY LIST (line);
    CREATE TABLE mes.reading_2025_1 PARTITION OF mes.reading_2025 FOR VALUES IN (1);
    CREATE TABLE mes.reading_2026 PARTITION OF mes.reading
        FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    CREATE TABLE mes.alarm (line int, at timestamptz, text text,
        CONSTRAINT alarm_reading FOREIGN KEY (line, at) REFERENCES mes.reading (line, at));
    CREATE VIEW mes.roster AS SELECT full_name FROM mes.operator;
    CREATE MATERIALIZED VIEW mes.daily AS
        SELECT line, max(value) AS top FROM mes.reading GROUP BY line;
    CREATE TEMPORARY TABLE scratch (x int);
    INSERT INTO mes.operator VALUES (1, 'a'), (2, 'b');
    INSERT INTO mes.reading VALUES (1, '2025-05-05', 1, 3), (2, '2026-05-05', 1, 3);
    ANALYZE;
"""


def harvest(dsn: str, **options: Any) -> Harvested:
    return read(dsn, **options).harvested()


def _one(harvested: Harvested, *path: str) -> AssetRow:
    (row,) = (row for row in harvested.rows if row.path[1:] == path)
    return row


@pytest.fixture
def line(plant_database: PlantDatabase) -> str:
    return plant_database(LINE)


def test_a_relation_is_read_with_everything_stated_about_it(line: str) -> None:
    harvested = harvest(line)
    operator = _one(harvested, "mes", "operator")
    assert operator.kind is AssetKind.TABLE
    assert operator.description == "who works on the line"
    assert operator.row_estimate == 2
    assert operator.parent_key == _one(harvested, "mes").source_key
    assert _one(harvested, "mes").description == "manufacturing execution"
    name, badge = _one(harvested, "mes", "operator", "full_name"), None
    assert (name.physical_type, name.nullable, name.ordinal) == ("text", False, 2)
    badge = _one(harvested, "mes", "operator", "Badge.No")
    assert (badge.physical_type, badge.nullable) == ("character varying(12)", True)
    assert badge.ordinal == 3, "the dropped column leaves no gap"
    assert badge.source_key.endswith("/4"), "but the source's own number stays"
    assert badge.fqn.endswith('.mes.operator."Badge.No"')
    assert _one(harvested, "mes", "reading", "doubled").definition == "(value * (2)::numeric)"


def test_the_order_of_a_primary_key_is_kept(line: str) -> None:
    harvested = harvest(line)
    positions = {row.name: row.key_position for row in harvested.rows if row.key_position}
    assert {name: positions[name] for name in ("at", "line", "id")} == {"at": 1, "line": 2, "id": 1}


def test_partitions_of_every_depth_are_folded_into_their_table(line: str) -> None:
    harvested = harvest(line)
    assert not [row.fqn for row in harvested.rows if "reading_20" in row.fqn]
    reading = _one(harvested, "mes", "reading")
    assert (reading.partitions, reading.row_estimate) == (2, 2)
    assert reading.physical_type == "partitioned table"


def test_foreign_keys_of_and_to_partitioned_tables_appear_once(line: str) -> None:
    harvested = harvest(line)
    names = {row.source_key: row.path[2:] for row in harvested.rows}
    found = [
        ([names[key] for key in link.source_keys], [names[key] for key in link.target_keys])
        for link in harvested.foreign_keys
    ]
    assert sorted(found) == [
        ([("alarm", "line"), ("alarm", "at")], [("reading", "line"), ("reading", "at")]),
        ([("reading", "operator")], [("operator", "id")]),
    ]


def test_view_text_is_fully_qualified(line: str) -> None:
    harvested = harvest(line)
    assert "mes.operator" in _one(harvested, "mes", "roster").definition
    daily = _one(harvested, "mes", "daily")
    assert (daily.kind, daily.physical_type) == (AssetKind.VIEW, "materialized view")
    assert harvested.complete


def test_parents_stand_before_their_children_and_temporary_tables_nowhere(line: str) -> None:
    seen: set[str | None] = {None}
    for row in harvest(line).rows:
        assert row.parent_key in seen
        seen.add(row.source_key)
        assert "scratch" not in row.path


def test_a_rename_keeps_the_source_key_and_changes_the_fingerprint(line: str) -> None:
    before = _one(harvest(line), "mes", "operator")
    with psycopg.connect(line, autocommit=True) as connection:
        connection.execute("ALTER TABLE mes.operator RENAME TO worker")
    after = _one(harvest(line), "mes", "worker")
    assert before.source_key == after.source_key
    assert before.fingerprint != after.fingerprint


def test_more_rows_in_a_table_change_no_fingerprint(line: str) -> None:
    before = harvest(line)
    with psycopg.connect(line, autocommit=True) as connection:
        connection.execute("INSERT INTO mes.operator SELECT i, 'x' FROM generate_series(9, 99) i")
        connection.execute("ANALYZE")
    after = harvest(line)
    assert _one(after, "mes", "operator").row_estimate == 93
    assert [row.fingerprint for row in before.rows] == [row.fingerprint for row in after.rows]


def test_a_role_without_any_privilege_reads_the_same_catalog(
    line: str, plant_role: PlantRole
) -> None:
    stranger = plant_role("stranger")
    with psycopg.connect(line, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA own AUTHORIZATION {stranger}")
    everything = harvest(line)
    with psycopg.connect(line) as connection:
        connection.execute(f"SET SESSION AUTHORIZATION {stranger}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM mes.operator")
    seen = harvest(conninfo.make_conninfo(line, options=f"-c role={stranger}"))
    assert seen.rows == everything.rows


def test_progress_names_the_steps(line: str) -> None:
    steps: list[str] = []
    harvest(line, progress=lambda step, _count: steps.append(step))
    assert steps == ["schemas", "relations", "columns", "foreign keys", "dependencies", "lineage"]


def test_a_connection_that_breaks_half_way_gives_nothing(line: str, bootstrap_dsn: str) -> None:
    def cut(step: str, _count: int) -> None:
        if step == "relations":
            with psycopg.connect(bootstrap_dsn, autocommit=True) as killer:
                killer.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                    [conninfo.conninfo_to_dict(line)["dbname"]],
                )

    with pytest.raises(HarvestFailed) as caught:
        harvest(line, progress=cut)
    assert caught.value.code == "interrupted"


def test_a_locked_catalog_ends_the_harvest_in_time(line: str) -> None:
    with psycopg.connect(line) as connection:
        connection.execute("LOCK TABLE mes.roster IN ACCESS EXCLUSIVE MODE")
        connection.execute("DROP VIEW mes.roster")
        with pytest.raises(HarvestFailed) as caught:
            harvest(line, statement_seconds=1)
    assert caught.value.code == "timeout"


# Counting in information_schema is another way to the same facts; partitions are told by name.
COUNTED = """
    SELECT t.table_type, count(DISTINCT (t.table_schema, t.table_name)), count(c.column_name)
      FROM information_schema.tables t
      LEFT JOIN information_schema.columns c USING (table_catalog, table_schema, table_name)
     WHERE t.table_schema NOT IN ('pg_catalog', 'information_schema')
       AND t.table_name !~ '^payment_p[0-9]' GROUP BY 1
"""
LINKS = """
    SELECT DISTINCT table_schema, regexp_replace(table_name, '^payment_p[0-9].*', 'payment'),
           column_name
      FROM information_schema.key_column_usage
      JOIN information_schema.table_constraints
           USING (constraint_schema, constraint_name, table_schema, table_name)
     WHERE constraint_type = 'FOREIGN KEY'
"""


@pytest.mark.parametrize(
    ("script", "relations", "columns"),
    [("pagila-schema.sql", 24, 138), ("omop_cdm54_ddl.sql", 39, 432)],
)
def test_real_schemas_are_read_completely(
    plant_database: PlantDatabase, script: str, relations: int, columns: int
) -> None:
    dsn = plant_database()
    failed = load(dsn, portable(shared(f"catalog/schemas/{script}").read_text(), dsn))
    # A system's server may lack this one extension; its column then has another type.
    assert not [error for error in failed if "vector" not in error and "hnsw" not in error]
    _agrees(dsn, relations=relations, columns=columns)


def test_the_definitions_of_a_plant_of_68_tables_are_read_completely(
    plant_database: PlantDatabase,
) -> None:
    dsn = plant_database()
    text = shared("catalog/schemas/adventureworks.sql").read_text()
    # gen_random_uuid is in the core, the other function in an extension that may be missing.
    failed = load(dsn, text.replace("uuid_generate_v1()", "gen_random_uuid()"))
    # Its review cites a product that only the missing data files hold.
    assert not [
        error for error in failed if "uuid-ossp" not in error and "productreview" not in error
    ]
    counted = _agrees(dsn, relations=157, columns=1236)
    assert (counted[AssetKind.TABLE], counted[AssetKind.VIEW]) == (68, 89)


def _agrees(dsn: str, **expected: int) -> Counter[AssetKind]:
    harvested = harvest(dsn)
    counted = Counter(row.kind for row in harvested.rows)
    materialized = [row for row in harvested.rows if row.physical_type == "materialized view"]
    hidden = {row.source_key for row in materialized}
    with psycopg.connect(dsn) as connection:
        told = {kind: (n, m) for kind, n, m in connection.execute(COUNTED)}
        links = set(connection.execute(LINKS))
    assert counted[AssetKind.TABLE] == told["BASE TABLE"][0]
    # The standard's views know nothing of materialized ones.
    assert counted[AssetKind.VIEW] - len(materialized) == told.get("VIEW", (0, 0))[0]
    columns = [row for row in harvested.rows if row.kind is AssetKind.COLUMN]
    visible = [row for row in columns if row.parent_key not in hidden]
    assert len(visible) == sum(m for _n, m in told.values())
    paths = {row.source_key: row.path[1:] for row in columns}
    sources = [link.source_keys for link in harvested.foreign_keys]
    assert {paths[key] for keys in sources for key in keys} == links
    pairs = [(link.source_keys, link.target_keys) for link in harvested.foreign_keys]
    assert len(set(pairs)) == len(pairs)
    assert len({row.source_key for row in harvested.rows}) == len(harvested.rows)
    assert len({row.fqn for row in harvested.rows}) == len(harvested.rows)
    if expected:
        relations = counted[AssetKind.TABLE] + counted[AssetKind.VIEW]
        assert {"relations": relations, "columns": len(columns)} == expected
    return counted


def _lineage(harvested: Harvested) -> set[tuple[str, str, str, str, str]]:
    names = {row.source_key: ".".join(row.path[2:]) for row in harvested.rows}
    return {
        (names[row.source_key], names[row.target_key], row.kind, row.transform, row.mask)
        for row in harvested.lineage
    }


def test_views_say_where_their_columns_come_from(line: str) -> None:
    assert _lineage(harvest(line)) == {
        ("operator.full_name", "roster.full_name", "direct", "identity", ""),
        ("reading.line", "daily.line", "direct", "identity", ""),
        ("reading.value", "daily.top", "direct", "aggregation", ""),
        ("reading.line", "daily", "indirect", "group_by", ""),
        ("reading.value", "reading.doubled", "direct", "transformation", ""),
    }


DERIVED = """
    CREATE TABLE person (id int PRIMARY KEY, name text, born date, "Mail.To" text, gone bool);
    CREATE TABLE badge (id int, person int, code text) PARTITION BY LIST (id);
    CREATE TABLE badge_1 PARTITION OF badge FOR VALUES IN (1);
    CREATE FUNCTION everybody() RETURNS SETOF person LANGUAGE sql STABLE
        BEGIN ATOMIC SELECT * FROM person; END;
    CREATE VIEW masked AS
        SELECT md5("Mail.To") AS mail, left(name, 1) AS initial, date_trunc('year', born) AS year
          FROM person WHERE NOT gone;
    CREATE VIEW one_part AS SELECT b.code FROM badge_1 b JOIN person p ON p.id = b.person;
    CREATE VIEW counted AS SELECT count(*) AS n FROM person;
    CREATE VIEW whole AS SELECT to_json(p) AS person FROM person p;
    CREATE VIEW called AS SELECT e.name FROM everybody() e;
    CREATE FUNCTION pivoted(text) RETURNS SETOF record LANGUAGE sql AS 'SELECT 1, 2';
    CREATE VIEW turned AS
        SELECT k.a FROM pivoted('SELECT code FROM public.badge WHERE id > 1') k(a int, b int);
    CREATE VIEW own AS SELECT c.relname FROM pg_class c;
    CREATE VIEW above AS SELECT mail FROM masked;
"""


def test_masks_partitions_and_whole_rows_of_real_views(plant_database: PlantDatabase) -> None:
    harvested = harvest(plant_database(DERIVED))
    assert _lineage(harvested) == {
        ("person.Mail.To", "masked.mail", "direct", "transformation", "hash"),
        ("person.name", "masked.initial", "direct", "transformation", "partial"),
        ("person.born", "masked.year", "direct", "transformation", "year"),
        ("person.gone", "masked", "indirect", "filter", ""),
        ("badge.code", "one_part.code", "direct", "identity", ""),
        ("badge.person", "one_part", "indirect", "join", ""),
        ("person.id", "one_part", "indirect", "join", ""),
        ("person", "counted", "indirect", "filter", ""),
        ("person", "whole.person", "opaque", "", ""),
        ("masked.mail", "above.mail", "direct", "identity", ""),
        # The function's body is not read, but the server knows whose rows it returns.
        ("person.name", "called", "opaque", "", ""),
        ("badge.code", "turned", "opaque", "", ""),
        ("badge.id", "turned", "opaque", "", ""),
    }
    reasons = {name.rpartition("public.")[2]: why for name, why in harvested.unparsed}
    assert reasons == {
        "called.name": "its rows come from the function everybody",
        "turned.a": "its rows come from the function pivoted",
    }


def test_what_the_text_does_not_explain_is_opaque(
    plant_database: PlantDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.lineage.queries.parsed", _unreadable)
    harvested = harvest(plant_database(PLANT_VIEW))
    assert _lineage(harvested) == {
        ("person.id", "v", "opaque", "", ""),
        ("person.name", "v", "opaque", "", ""),
    }
    assert [why for _, why in harvested.unparsed] == ["not readable"]


PLANT_VIEW = """
    CREATE TABLE person (id int, name text, born date);
    CREATE VIEW v AS SELECT name FROM person WHERE id > 1;
"""


def _unreadable(*_arguments: object, **_options: object) -> None:
    raise Unresolved("not readable")


# Asked of the server apart from the harvest: what the rule of each view reads.
DEPENDED = """
    SELECT DISTINCT v.oid::text || '/' || d.refobjid || '/' || d.refobjsubid
      FROM pg_class v JOIN pg_rewrite r ON r.ev_class = v.oid
      JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
       AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> v.oid
"""


@pytest.mark.parametrize(
    ("script", "resolved", "all_columns", "direct"),
    [("adventureworks.sql", 773, 780, 775), ("pagila-schema.sql", 44, 44, None)],
)
def test_lineage_of_real_views_stays_inside_what_the_server_knows(
    plant_database: PlantDatabase, script: str, resolved: int, all_columns: int, direct: int | None
) -> None:
    dsn = plant_database()
    text = portable(shared(f"catalog/schemas/{script}").read_text(), dsn)
    load(dsn, text.replace("uuid_generate_v1()", "gen_random_uuid()"))
    harvested = harvest(dsn)
    views = {row.source_key for row in harvested.rows if row.kind is AssetKind.VIEW}
    inside = {
        row.source_key: row.fqn
        for row in harvested.rows
        if row.kind is AssetKind.COLUMN and row.parent_key in views
    }
    told = dict(harvested.unparsed)
    assert len(inside) == all_columns
    assert len(set(inside.values()) - set(told)) == resolved
    assert set(told.values()) <= {"its rows come from the function crosstab"}
    into_views = [
        row
        for row in harvested.lineage
        if row.kind == "direct" and row.target_key.rpartition("/")[0] in views
    ]
    assert len(into_views) == (direct or len(into_views))
    with psycopg.connect(dsn) as connection:
        depended = {row[0] for row in connection.execute(DEPENDED)}
        (database,) = connection.execute(
            "SELECT oid::text FROM pg_database WHERE datname = current_database()"
        ).fetchone() or ("",)
    crosstab = next(
        (
            row.source_key.removeprefix(f"{database}/")
            for row in harvested.rows
            if row.name == "vsalespersonsalesbyfiscalyears"
        ),
        "",
    )
    folded = {path for path in depended if path.count("/") == 2}
    for row in harvested.lineage:
        view = row.target_key.removeprefix(f"{database}/").partition("/")[0]
        if row.kind == "opaque":  # the string in crosstab, which no dependency names
            assert view == crosstab
        elif f"{database}/{view}" in views and row.source_key.count("/") == 2:
            assert f"{view}/{row.source_key.removeprefix(f'{database}/')}" in folded


def test_many_views_over_a_wide_schema_take_seconds(plant_database: PlantDatabase) -> None:
    wide = ", ".join(f"c{n} text" for n in range(90))
    script = "".join(
        f"CREATE TABLE t{n} (id int, {wide});"
        f"CREATE VIEW v{n} AS SELECT t.*, upper(t.c1) AS up FROM t{n} t WHERE t.id > {n};"
        for n in range(100)
    )
    dsn = plant_database(script)
    began = time.monotonic()
    harvested = harvest(dsn)
    assert time.monotonic() - began < 15
    assert sum(row.kind == "direct" for row in harvested.lineage) == 100 * 92
    assert harvested.unparsed == ()
