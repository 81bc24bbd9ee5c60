"""``manage.py classify``: how a system stands, with values or without."""

import json
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from catalog.models import LabelAssertion
from tests.builders.catalog import PLANT
from tests.builders.governance import a_system
from tests.databases import PlantDatabase

pytestmark = pytest.mark.django_db

VIEW = "CREATE VIEW mes.contact AS SELECT lower(email) AS reachable FROM mes.operator;"


def run(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    told: dict[str, Any] = json.loads(out.getvalue())
    return told


@pytest.fixture
def plant(plant_database: PlantDatabase) -> str:
    dsn = plant_database(PLANT + VIEW)
    run("harvest", "postgresql", "--dsn", dsn, "--system", "plant")
    return dsn


def test_it_counts_each_category_and_what_came_by_lineage(plant: str) -> None:
    told = run("classify", "--system", "plant")
    assert (told["changed"], told["sample_values"]) == (0, False)
    assert (told["columns"], told["unclassified"], told["by_lineage"]) == (13, 0, 1)
    assert told["categories"]["user.contact.email"] == {
        "proposed": 1,
        "accepted": 0,
        "rejected": 0,
        "effective": 2,
        "by_lineage": 1,
    }
    assert told["categories"]["user.contact"]["effective"] == 2
    assert "" not in told["categories"], "that nothing special is said stands under its own name"
    assert told["without_category"]["proposed"] > 0


def test_with_values_a_name_is_accepted(plant: str) -> None:
    with psycopg.connect(plant, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO mes.operator SELECT n, 'x', n, 'p' || n || '@plant.example'"
            " FROM generate_series(1, 30) n"
        )
    told = run("classify", "--system", "plant", "--sample")
    assert told["sample_values"]
    assert told["sampled"] == 9
    assert told["unsampled"] == []
    assert told["categories"]["user.contact.email"]["accepted"] == 2
    again = run("classify", "--system", "plant", "--sample")
    assert again["changed"] == 0


def test_it_says_in_words_which_way_it_looked(plant: str) -> None:
    out = StringIO()
    call_command("classify", "--system", "plant", stdout=out)
    assert "names and types alone" in out.getvalue()
    assert "user.contact.email: 1 proposed, 0 accepted" in out.getvalue()


@pytest.mark.parametrize("arguments", [("--system", "atlantis"), ("--system", "paper", "--sample")])
def test_what_cannot_be_looked_at_is_refused(arguments: tuple[str, ...]) -> None:
    a_system(slug="paper", secret="")
    with pytest.raises(CommandError) as refused:
        call_command("classify", *arguments)
    assert refused.value.returncode == 1
    assert not LabelAssertion.objects.exists()


def test_a_system_that_does_not_answer_is_told() -> None:
    a_system(slug="away", dsn="postgresql://nobody@127.0.0.1:1/x")
    with pytest.raises(CommandError, match="nothing listens"):
        call_command("classify", "--system", "away", "--sample")
