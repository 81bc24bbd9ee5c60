"""``manage.py taxonomy``: takes in what ships, counts what is there."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

pytestmark = pytest.mark.django_db


def run(*words: str) -> str:
    out = StringIO()
    call_command("taxonomy", *words, stdout=out)
    return out.getvalue()


def test_it_loads_once_and_counts() -> None:
    assert json.loads(run("load", "--json"))["added"] == 312
    assert "0 terms added, 0 changed" in run("load")
    assert "Data categories: 87 live (0 own), 0 retired" in run("list")
    assert json.loads(run("list", "--json"))["schemes"]["technique"]["live"] == 83
