"""``manage.py harvest``: real schemas in, one clear line for everything else."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from psycopg import conninfo

from catalog.models import Asset, Edge, HarvestRun, LabelAssertion
from governance import box
from governance.models import AuditEvent, GovernedSystem, Site
from tests.builders.catalog import PLANT
from tests.builders.governance import a_site
from tests.databases import PlantDatabase, PlantRole, load, portable
from tests.shared import shared

pytestmark = pytest.mark.django_db


def harvest(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("harvest", "postgresql", *arguments, "--json", stdout=out)
    told: dict[str, Any] = json.loads(out.getvalue())
    return told


COUNTED = """
    SELECT count(DISTINCT (t.table_schema, t.table_name)), count(c.column_name)
      FROM information_schema.tables t
      LEFT JOIN information_schema.columns c USING (table_catalog, table_schema, table_name)
     WHERE t.table_schema NOT IN ('pg_catalog', 'information_schema')
       AND t.table_name !~ '^payment_p[0-9]'
"""


def test_a_real_schema_arrives_as_the_server_itself_counts_it(
    plant_database: PlantDatabase,
) -> None:
    dsn = plant_database()
    script = shared("catalog/schemas/pagila-schema.sql").read_text()
    load(dsn, portable(script, dsn))
    told = harvest("--dsn", dsn, "--system", "Film rental")
    with psycopg.connect(dsn) as connection:
        (relations, columns) = connection.execute(COUNTED).fetchone() or (0, 0)
        # information_schema knows nothing of materialized views
        (hidden, inside) = connection.execute(
            "SELECT count(DISTINCT c.oid), count(*) FROM pg_class c JOIN pg_attribute a"
            " ON a.attrelid = c.oid AND attnum > 0 AND NOT attisdropped WHERE relkind = 'm'"
        ).fetchone() or (0, 0)
    kinds = told["assets"]
    assert kinds["table"] + kinds["view"] == relations + hidden == 24
    assert kinds["column"] == columns + inside == 138
    live = Asset.objects.live().filter(system__slug="film-rental")
    assert live.filter(kind="column").count() == 138
    assert Edge.objects.filter(src__system__slug="film-rental").count() > 20
    assert told["personal"] > 0
    email = live.get(fqn__endswith="customer.email")
    assert (email.is_personal, email.site) == (True, Site.objects.get(parent=None))
    again = harvest("--system", "Film rental")
    assert (again["new"], again["changed"], again["gone"]) == (0, 0, 0)
    assert again["unchanged"] == told["new"]


def test_operators_of_a_plant_are_proposed_as_persons(plant_database: PlantDatabase) -> None:
    site = a_site()
    told = harvest("--dsn", plant_database(PLANT), "--system", "mes", "--site", site.slug)
    assert told["system"] == "mes"
    assert Asset.objects.get(kind="table", name="operator").site == site
    personal = LabelAssertion.objects.filter(
        asset__parent__name="operator", category__startswith="user", status="proposed"
    )
    assert set(personal.values_list("asset__name", flat=True)) >= {
        "operator_name",
        "badge_number",
        "email",
    }


def test_people_read_sentences(plant_database: PlantDatabase) -> None:
    out = StringIO()
    call_command("harvest", "postgresql", dsn=plant_database(PLANT), system="mes", stdout=out)
    assert "mes: 12 column, 1 database, 2 schema, 1 system, 2 table, 1 view." in out.getvalue()
    assert "18 new" in out.getvalue()


def test_a_harvest_without_address_uses_the_stored_one(plant_database: PlantDatabase) -> None:
    dsn = plant_database(PLANT)
    harvest("--dsn", dsn, "--system", "MES Monterrey")
    system = GovernedSystem.objects.get()
    assert (system.slug, system.name) == ("mes-monterrey", "MES Monterrey")
    assert box.unseal(system.secret) == dsn
    assert dsn not in system.secret + system.address
    events = AuditEvent.objects.count()
    assert harvest("--system", "mes-monterrey")["unchanged"] == 18
    system.refresh_from_db()
    assert system.name == "MES Monterrey"
    assert AuditEvent.objects.count() == events + 1, "the run alone"


UNREACHABLE = "postgresql://reader:s3cret-word@127.0.0.1:1/plant"

BAD: dict[str, tuple[list[str], str]] = {
    "nothing listens": (["--dsn", UNREACHABLE], "nothing listens there"),
    "no such host": (["--dsn", "postgresql://r:s3cret-word@nowhere.invalid/x"], "no such host"),
    "not a string": (["--dsn", "s3cret-word"], "not a PostgreSQL connection string"),
    "another kind": (["--dsn", "mysql://u:s3cret-word@host/x"], "not a PostgreSQL connection"),
    "empty": (["--dsn", ""], "not a PostgreSQL connection string"),
    "a file": (["--dsn", "/etc/passwd"], "not a PostgreSQL connection string"),
    "garbage": (["--dsn", "\x00\x01\xff" * 50], "not a PostgreSQL connection string"),
    "megabytes of zeros": (["--dsn", "0" * 5_000_000], "not a PostgreSQL connection string"),
    "raw at sign": (["--dsn", "postgresql://u:s3cret-word@x@h/x"], "malformed"),
    "unknown system": ([], "no system 'mes' and no --dsn"),
    "unknown site": (["--dsn", UNREACHABLE, "--site", "atlantis"], "no site 'atlantis'"),
}


@pytest.mark.parametrize("sort", BAD)
def test_bad_input_is_one_line_and_leaves_nothing(sort: str) -> None:
    arguments, expected = BAD[sort]
    with pytest.raises(CommandError) as refused:
        harvest("--system", "mes", *arguments)
    text = str(refused.value)
    assert refused.value.returncode == 1
    assert expected in text
    assert "\n" not in text
    assert len(text) < 500
    assert "s3cret-word" not in text
    assert not GovernedSystem.objects.exists()
    assert not Asset.objects.exists()
    assert not HarvestRun.objects.exists()


def test_a_name_without_letters_is_no_system() -> None:
    with pytest.raises(CommandError, match="no letter or digit"):
        harvest("--system", "!!!", "--dsn", UNREACHABLE)


def test_another_source_is_refused_before_anything() -> None:
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("harvest", "oracle", "--system", "x")


def test_a_database_that_is_not_there_is_told(bootstrap_dsn: str) -> None:
    dsn = conninfo.make_conninfo(bootstrap_dsn, dbname="atlantis")
    with pytest.raises(CommandError, match="there is no such database"):
        harvest("--dsn", dsn, "--system", "mes")


def test_a_role_that_may_not_log_in_is_told(
    plant_database: PlantDatabase, plant_role: PlantRole
) -> None:
    role = plant_role("locked", "NOLOGIN")
    dsn = conninfo.make_conninfo(plant_database(PLANT), user=role, password="s3cret-word")
    with pytest.raises(CommandError) as refused:
        harvest("--dsn", dsn, "--system", "mes")
    assert "s3cret-word" not in str(refused.value)
    assert not GovernedSystem.objects.exists()


def test_a_known_system_keeps_what_it_had_when_it_is_away(
    plant_database: PlantDatabase, tmp_path: Path
) -> None:
    harvest("--dsn", plant_database(PLANT), "--system", "mes")
    before = list(Asset.objects.order_by("pk").values())
    with pytest.raises(CommandError, match="nothing listens there"):
        harvest("--dsn", UNREACHABLE, "--system", "mes")
    assert list(Asset.objects.order_by("pk").values()) == before
    run = HarvestRun.objects.get(is_complete=False)
    assert "nothing listens" in run.error
    assert harvest("--system", "mes")["unchanged"] == 18, "by the address that worked"


def test_a_dump_is_read_as_its_database_is(tmp_path: Path) -> None:
    file = tmp_path / "film rental.sql"
    file.write_bytes(b"\xef\xbb\xbf" + shared("catalog/schemas/pagila-schema.sql").read_bytes())
    told = harvest("--ddl", str(file), "--system", "Film rental")
    kinds = told["assets"]
    assert (kinds["table"] + kinds["view"], kinds["column"]) == (24, 138)
    assert told["complete"]
    assert told["personal"] > 0
    assert harvest("--ddl", str(file), "--system", "Film rental")["new"] == 0


def test_what_was_not_understood_of_a_dump_is_said(tmp_path: Path) -> None:
    file, out = tmp_path / "mes.sql", StringIO()
    file.write_text("CREATE TABLE a (x int);\nCREATE TABLE b (x;")
    call_command("harvest", "postgresql", ddl=str(file), system="mes", stdout=out)
    assert "not understood: line 2: not readable" in out.getvalue()
    assert "nothing was taken for gone" in out.getvalue()


@pytest.mark.parametrize(
    ("kind", "arguments", "expected"),
    [
        ("postgresql", ["--ddl", "/nowhere/x.sql"], "No such file"),
        ("postgresql", ["--ddl", "/"], "Is a directory"),
        ("postgresql", ["--ddl", "a\0b"], "not a file name"),
        ("postgresql", ["--ddl", "x.sql", "--dsn", UNREACHABLE], "one of them"),
        ("mysql", ["--dsn", UNREACHABLE], "from a file only"),
        ("ansi", [], "from a file only"),
    ],
)
def test_a_wrong_call_for_a_file_is_one_line(
    kind: str, arguments: list[str], expected: str
) -> None:
    with pytest.raises(CommandError, match=expected) as refused:
        call_command("harvest", kind, "--system", "mes", *arguments)
    assert "s3cret-word" not in str(refused.value)
    assert not GovernedSystem.objects.exists()


def test_an_address_by_the_directory_of_the_embedded_server_is_told_to_end(
    plant_database: PlantDatabase, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    dsn = plant_database(PLANT)
    parts = conninfo.conninfo_to_dict(dsn)
    directory = str(parts.pop("host"))
    settings.EMBEDDED = False
    assert harvest("--dsn", dsn, "--system", "mes")["warnings"] == []
    settings.EMBEDDED = True
    (told,) = harvest("--dsn", dsn, "--system", "mes")["warnings"]
    assert "Leave the host out" in told
    assert directory not in told
    monkeypatch.setenv("PGHOST", directory)
    lasting = conninfo.make_conninfo("", **parts)
    assert harvest("--dsn", lasting, "--system", "mes")["warnings"] == []
